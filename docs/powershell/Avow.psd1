# Made by "avow-admin powershell": do not change it, make it again.
@{
    RootModule        = 'Avow.psm1'
    ModuleVersion     = '1.0.0'
    GUID              = '6b0e5b0e-3f0c-4f39-9c0c-6a1f5f4f2d7a'
    Author            = 'Avow'
    Description       = 'Registration sessions of Avow: what connects a phone to a work account.'
    PowerShellVersion = '5.1'
    FunctionsToExport = @('Add-AvowRegistrationSession', 'Get-AvowRegistrationSession', 'Remove-AvowRegistrationSession', 'Send-AvowRegistrationNotification')
    CmdletsToExport   = @()
    VariablesToExport = @()
    AliasesToExport   = @()
}
