# Registration sessions of Avow for PowerShell. Made by "avow-admin powershell" from the commands of avow-admin: do not change it, make it again.
#
# Each function runs avow-admin, which must be on PATH (or named by $env:AVOW_ADMIN_PROGRAM), and gives objects. The credential is that of avow-admin:
# -CredentialFile, else $env:AVOW_ADMIN, else admin.json in the current folder.
Set-StrictMode -Version 3.0

# Runs avow-admin with an array of arguments, which no shell reads, and gives what it prints. What it refuses ends the caller with its one line.
function Invoke-AvowAdmin {
    param(
        [Parameter(Mandatory)] [System.Management.Automation.PSCmdlet] $Caller,
        [Parameter(Mandatory)] [string[]] $Arguments,
        $Target
    )
    $name = if ($env:AVOW_ADMIN_PROGRAM) { $env:AVOW_ADMIN_PROGRAM } else { 'avow-admin' }
    $program = Get-Command -Name $name -CommandType Application -ErrorAction SilentlyContinue | Select-Object -First 1
    if (-not $program) {
        $missing = [System.IO.FileNotFoundException]::new("There is no program $name. Put avow-admin on PATH, or name it in AVOW_ADMIN_PROGRAM.")
        $Caller.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new($missing, 'AvowAdminMissing', 'ObjectNotFound', $name))
    }
    $start = [System.Diagnostics.ProcessStartInfo]::new()
    $start.FileName = $program.Source
    $start.WorkingDirectory = (Get-Location -PSProvider FileSystem).ProviderPath
    $start.UseShellExecute = $false
    $start.CreateNoWindow = $true
    $start.RedirectStandardOutput = $true
    $start.RedirectStandardError = $true
    $start.StandardOutputEncoding = [System.Text.UTF8Encoding]::new($false)
    $start.StandardErrorEncoding = [System.Text.UTF8Encoding]::new($false)
    if ($start.PSObject.Properties['ArgumentList']) {
        foreach ($argument in $Arguments) { $start.ArgumentList.Add($argument) }
    }
    else {
        # Windows PowerShell 5.1 has one line for all arguments.
        $start.Arguments = ($Arguments | ForEach-Object { ConvertTo-AvowArgument -Text $_ }) -join ' '
    }
    $process = [System.Diagnostics.Process]::Start($start)
    try {
        $said = $process.StandardError.ReadToEndAsync()
        $output = $process.StandardOutput.ReadToEnd()
        $process.WaitForExit()
        $code = $process.ExitCode
        $problem = $said.GetAwaiter().GetResult().Trim()
    }
    finally {
        $process.Dispose()
    }
    if ($code -ne 0) {
        $category = switch ($code) {
            1 { 'InvalidOperation' }
            2 { 'InvalidArgument' }
            3 { 'ConnectionError' }
            default { 'NotSpecified' }
        }
        $refused = [System.InvalidOperationException]::new(($problem -replace '^avow-admin: ', ''))
        $Caller.ThrowTerminatingError([System.Management.Automation.ErrorRecord]::new($refused, "AvowAdminExit$code", $category, $Target))
    }
    $output
}

# One argument as a Windows program reads it from its command line.
function ConvertTo-AvowArgument {
    param([AllowEmptyString()] [string] $Text)
    if ($Text -match '^[^\s"]+$') { return $Text }
    '"' + ($Text -replace '(\\*)"', '$1$1\"' -replace '(\\+)$', '$1$1') + '"'
}

# Objects of the JSON that avow-admin prints, one or many.
function ConvertFrom-AvowJson {
    param([Parameter(Mandatory)] [string] $Text)
    foreach ($record in (ConvertFrom-Json -InputObject $Text)) {
        $session = [ordered]@{ PSTypeName = 'Avow.RegistrationSession' }
        foreach ($property in $record.PSObject.Properties) {
            $value = $property.Value
            if ($property.Name -in 'CreatedAt', 'ExpiresAt', 'NotificationSentTimestamp' -and $value -is [string]) {
                $value = [datetime]::Parse($value, [cultureinfo]::InvariantCulture, [System.Globalization.DateTimeStyles]::RoundtripKind)
            }
            $session[$property.Name] = $value
        }
        [pscustomobject] $session
    }
}

function Add-AvowRegistrationSession {
    <#
    .SYNOPSIS
    Make a session that connects a phone.

    .DESCRIPTION
    add makes a registration session for a user.

    For somebody who stands in front of you it lives ten minutes and is shown once: the link, on a terminal as a QR to scan, and the page that shows
    the same QR and asks "is this your phone?". Whoever has the link can connect a phone, so verify first to whom you give it. Compare the
    two check words on the phone, then say Yes on the page or with session confirm.

    With -HoursToLive, -TriggerNotification or -SecondProof the session is one that is sent, by mail or text, now (-TriggerNotification) or later (session
    notify). You never see its link. Its user needs a second proof beside the message: the password of the directory, a PIN that add shows
    once and that you tell by voice, or a code by the other channel.

    For a user who has a role, or whose address is new, a second administrator must agree: name her with -SecondAdministrator and talk to her, since the
    command waits up to two minutes for the Yes on her phone. Where nobody else could agree it is allowed without, and admin_mail is told.

    .PARAMETER Username
    The user's name, as it is typed to sign in. Objects with a property Username, Login or SamAccountName give it by the pipeline.

    .PARAMETER HoursToLive
    A session that is sent, good for 1 to 72 hours (default: what the server's policy says).

    .PARAMETER TriggerNotification
    A session that is sent, and send it now.

    .PARAMETER Channel
    How -TriggerNotification sends it (default: mail where the user has an address).

    .PARAMETER SecondProof
    What a session that is sent asks for beside its code (default: the best that the user has).

    .PARAMETER Additional
    The phone joins those that the user has.

    .PARAMETER Replace
    The user's other phones are removed once this one is confirmed.

    .PARAMETER Force
    End the user's open session, or the phone that waits for its Yes.

    .PARAMETER SecondAdministrator
    Login of an administrator who agrees: the command waits for the Yes on her phone.

    .PARAMETER Reason
    Why, for the audit log.

    .PARAMETER CredentialFile
    Your credential file (default: $AVOW_ADMIN, else admin.json).

    .EXAMPLE
    Add-AvowRegistrationSession -Username user1 -HoursToLive 8 -TriggerNotification -Force

    .EXAMPLE
    Get-ADGroupMember Sales | Add-AvowRegistrationSession -HoursToLive 48 -TriggerNotification | Export-Csv sessions.csv

    .OUTPUTS
    Avow.RegistrationSession: UserName, CreatedByUserName, CreatedAt, ExpiresAt, Status, NotificationSent, NotificationSentTimestamp; of a new session also Link, Page and PIN where there is one.
    #>
    [CmdletBinding()]
    [OutputType('Avow.RegistrationSession')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Login', 'SamAccountName')]
        [ValidateNotNullOrEmpty()]
        [string] $Username,

        [ValidateRange(1, 72)]
        [int] $HoursToLive,

        [switch] $TriggerNotification,

        [ValidateSet('mail', 'text')]
        [string] $Channel,

        [ValidateSet('password', 'pin', 'code')]
        [string] $SecondProof,

        [switch] $Additional,

        [switch] $Replace,

        [switch] $Force,

        [string] $SecondAdministrator,

        [string] $Reason,

        [string] $CredentialFile
    )
    process {
        $arguments = [System.Collections.Generic.List[string]]::new()
        $arguments.AddRange([string[]] @('session', 'add', '--json'))
        if ($PSBoundParameters.ContainsKey('HoursToLive')) { $arguments.Add("--hours-to-live=$HoursToLive") }
        if ($TriggerNotification) { $arguments.Add('--notify') }
        if ($PSBoundParameters.ContainsKey('Channel')) { $arguments.Add("--by=$Channel") }
        if ($PSBoundParameters.ContainsKey('SecondProof')) { $arguments.Add("--second-proof=$SecondProof") }
        if ($Additional) { $arguments.Add('--additional') }
        if ($Replace) { $arguments.Add('--replace') }
        if ($Force) { $arguments.Add('--force') }
        if ($PSBoundParameters.ContainsKey('SecondAdministrator')) { $arguments.Add("--second=$SecondAdministrator") }
        if ($PSBoundParameters.ContainsKey('Reason')) { $arguments.Add("--reason=$Reason") }
        if ($PSBoundParameters.ContainsKey('CredentialFile')) { $arguments.Add("--credential=$CredentialFile") }
        $arguments.Add('--')
        if ($PSBoundParameters.ContainsKey('Username')) { $arguments.Add($Username) }
        $output = Invoke-AvowAdmin -Caller $PSCmdlet -Arguments $arguments.ToArray() -Target $Username
        ConvertFrom-AvowJson -Text $output
    }
}

function Get-AvowRegistrationSession {
    <#
    .SYNOPSIS
    Show the sessions of a user, or of all, newest first.

    .DESCRIPTION
    Show the sessions of a user, or of all, newest first.

    .PARAMETER Username
    The user's name, as it is typed to sign in. Objects with a property Username, Login or SamAccountName give it by the pipeline.

    .PARAMETER CredentialFile
    Your credential file (default: $AVOW_ADMIN, else admin.json).

    .EXAMPLE
    Get-AvowRegistrationSession -Username user1

    .EXAMPLE
    Get-AvowRegistrationSession | Where-Object Status -eq 'active'

    .OUTPUTS
    Avow.RegistrationSession: UserName, CreatedByUserName, CreatedAt, ExpiresAt, Status, NotificationSent, NotificationSentTimestamp; of a new session also Link, Page and PIN where there is one.
    #>
    [CmdletBinding()]
    [OutputType('Avow.RegistrationSession')]
    param(
        [Parameter(Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Login', 'SamAccountName')]
        [ValidateNotNullOrEmpty()]
        [string] $Username,

        [string] $CredentialFile
    )
    process {
        $arguments = [System.Collections.Generic.List[string]]::new()
        $arguments.AddRange([string[]] @('session', 'get', '--json'))
        if ($PSBoundParameters.ContainsKey('CredentialFile')) { $arguments.Add("--credential=$CredentialFile") }
        $arguments.Add('--')
        if ($PSBoundParameters.ContainsKey('Username')) { $arguments.Add($Username) }
        $output = Invoke-AvowAdmin -Caller $PSCmdlet -Arguments $arguments.ToArray() -Target $Username
        ConvertFrom-AvowJson -Text $output
    }
}

function Remove-AvowRegistrationSession {
    <#
    .SYNOPSIS
    End the user's session that is open, and the phone that waits.

    .DESCRIPTION
    End the user's session that is open, and the phone that waits.

    .PARAMETER Username
    The user's name, as it is typed to sign in. Objects with a property Username, Login or SamAccountName give it by the pipeline.

    .PARAMETER Reason
    Why, for the audit log.

    .PARAMETER CredentialFile
    Your credential file (default: $AVOW_ADMIN, else admin.json).

    .EXAMPLE
    Remove-AvowRegistrationSession -Username user1 -Reason 'wrong person'

    .OUTPUTS
    Avow.RegistrationSession: UserName, CreatedByUserName, CreatedAt, ExpiresAt, Status, NotificationSent, NotificationSentTimestamp; of a new session also Link, Page and PIN where there is one.
    #>
    [CmdletBinding(SupportsShouldProcess)]
    [OutputType('Avow.RegistrationSession')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Login', 'SamAccountName')]
        [ValidateNotNullOrEmpty()]
        [string] $Username,

        [Parameter(Mandatory)]
        [string] $Reason,

        [string] $CredentialFile
    )
    process {
        $arguments = [System.Collections.Generic.List[string]]::new()
        $arguments.AddRange([string[]] @('session', 'remove', '--json'))
        if ($PSBoundParameters.ContainsKey('Reason')) { $arguments.Add("--reason=$Reason") }
        if ($PSBoundParameters.ContainsKey('CredentialFile')) { $arguments.Add("--credential=$CredentialFile") }
        $arguments.Add('--')
        if ($PSBoundParameters.ContainsKey('Username')) { $arguments.Add($Username) }
        if (-not $PSCmdlet.ShouldProcess($Username, 'End the user''s session that is open, and the phone that waits.')) { return }
        $output = Invoke-AvowAdmin -Caller $PSCmdlet -Arguments $arguments.ToArray() -Target $Username
        ConvertFrom-AvowJson -Text $output
    }
}

function Send-AvowRegistrationNotification {
    <#
    .SYNOPSIS
    Send the user's open session, again if it was sent before.

    .DESCRIPTION
    notify sends the code of the user's open session by mail or text. It is the same code as before, good until the same time. The session must be
    one that is sent: made with a time to live, a notification or a second proof.

    .PARAMETER Username
    The user's name, as it is typed to sign in. Objects with a property Username, Login or SamAccountName give it by the pipeline.

    .PARAMETER Channel
    How (default: mail where the user has an address).

    .PARAMETER Reason
    Why, for the audit log.

    .PARAMETER CredentialFile
    Your credential file (default: $AVOW_ADMIN, else admin.json).

    .EXAMPLE
    Send-AvowRegistrationNotification -Username user1

    .OUTPUTS
    Avow.RegistrationSession: UserName, CreatedByUserName, CreatedAt, ExpiresAt, Status, NotificationSent, NotificationSentTimestamp; of a new session also Link, Page and PIN where there is one.
    #>
    [CmdletBinding()]
    [OutputType('Avow.RegistrationSession')]
    param(
        [Parameter(Mandatory, Position = 0, ValueFromPipelineByPropertyName)]
        [Alias('Login', 'SamAccountName')]
        [ValidateNotNullOrEmpty()]
        [string] $Username,

        [ValidateSet('mail', 'text')]
        [string] $Channel,

        [string] $Reason,

        [string] $CredentialFile
    )
    process {
        $arguments = [System.Collections.Generic.List[string]]::new()
        $arguments.AddRange([string[]] @('session', 'notify', '--json'))
        if ($PSBoundParameters.ContainsKey('Channel')) { $arguments.Add("--by=$Channel") }
        if ($PSBoundParameters.ContainsKey('Reason')) { $arguments.Add("--reason=$Reason") }
        if ($PSBoundParameters.ContainsKey('CredentialFile')) { $arguments.Add("--credential=$CredentialFile") }
        $arguments.Add('--')
        if ($PSBoundParameters.ContainsKey('Username')) { $arguments.Add($Username) }
        $output = Invoke-AvowAdmin -Caller $PSCmdlet -Arguments $arguments.ToArray() -Target $Username
        ConvertFrom-AvowJson -Text $output
    }
}

Export-ModuleMember -Function 'Add-AvowRegistrationSession', 'Get-AvowRegistrationSession', 'Remove-AvowRegistrationSession', 'Send-AvowRegistrationNotification'
