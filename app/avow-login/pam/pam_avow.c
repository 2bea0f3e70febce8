/*
 * pam_avow.so: signs people in with Avow (docs/computer-login.md).
 *
 * This module decides nothing and knows no network. It starts the helper, a program without privileges, and lends it the host's
 * conversation. It is C and small on purpose: a Go runtime starts threads, and a host that forks after that hangs (sshd does).
 *
 * Helper and module talk over the helper's standard input and output, one socket, in frames: a type, the length of the rest in
 * two bytes (big endian), the rest. internal/computer/local has the other side.
 *
 *   to the helper    S  name=value NUL ...   who asks, where, with which options; once, first
 *                    A  text                 what the person typed after Q
 *   from the helper  I  text                 show it
 *                    Q  text                 ask for a line
 *                    O  user                 let this user in; must be the last, and the exit status 0
 *                    F  a, u, m or c         do not: refused, could not ask, too many tries, the conversation broke
 *
 * Whoever is let in is let in by the one "return PAM_SUCCESS" of ask_helper; everything that is not exactly as above ends elsewhere.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <poll.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <syslog.h>
#include <time.h>
#include <unistd.h>

#include <security/pam_ext.h>
#include <security/pam_modules.h>

#ifndef AVOW_HELPER
#define AVOW_HELPER "/usr/libexec/avow-login/avow-login"
#endif
#ifndef AVOW_USER
#define AVOW_USER "avow-login"
#endif

enum {
	MAX_TEXT = 511,    /* PAM_MAX_MSG_SIZE and PAM_MAX_RESP_SIZE without the NUL */
	MAX_START = 4096,  /* all that the helper is told */
	MAX_VALUE = 255,   /* of a PAM item or option */
	MAX_FRAMES = 1000, /* from the helper; a QR of 23 lines takes 23 */
	TIMEOUT = 180,     /* seconds, unless timeout= says otherwise */
	MAX_TIMEOUT = 600,
	MARGIN = 15,       /* the helper ends by itself this long before we end it */
	GRACE = 2,         /* for its exit after its last word */
};

struct options {
	const char *helper;
	const char *passed[8]; /* name=value as the administrator wrote it */
	size_t count;
	int timeout;
};

struct helper {
	pid_t pid;
	int fd;
	struct timespec end;
};

static bool takes(const char *arg, const char *name, const char **value)
{
	size_t n = strlen(name);
	if (strncmp(arg, name, n) != 0)
		return false;
	*value = arg + n;
	return true;
}

static bool one_of(const char *value, const char *a, const char *b, const char *c)
{
	return strcmp(value, a) == 0 || strcmp(value, b) == 0 || (c != NULL && strcmp(value, c) == 0);
}

static bool plain(const char *value)
{
	size_t n = 0;
	for (; value[n] != '\0'; n++)
		if ((unsigned char)value[n] < ' ' || value[n] == 0x7f || n >= MAX_VALUE)
			return false;
	return n > 0;
}

static bool read_timeout(const char *value, int *out)
{
	int n = 0;
	for (; *value != '\0'; value++) {
		if (*value < '0' || *value > '9' || n > MAX_TIMEOUT)
			return false;
		n = n * 10 + (*value - '0');
	}
	*out = n;
	return n >= 10 && n <= MAX_TIMEOUT;
}

/* An option that is not known may be a misspelled "offline=deny": nobody gets in until it is put right. */
static bool read_options(pam_handle_t *pamh, int argc, const char **argv, struct options *o)
{
	*o = (struct options){.helper = AVOW_HELPER, .timeout = TIMEOUT};
	for (int i = 0; i < argc; i++) {
		const char *v = NULL;
		bool good = false;
		if (takes(argv[i], "helper=", &v)) {
			good = plain(v) && v[0] == '/';
			o->helper = v;
			if (good)
				continue;
		} else if (takes(argv[i], "offline=", &v)) {
			good = one_of(v, "allow", "deny", "only-when-offline");
		} else if (takes(argv[i], "timeout=", &v)) {
			good = read_timeout(v, &o->timeout);
		} else if (takes(argv[i], "wait=", &v)) {
			good = one_of(v, "enter", "auto", NULL);
		} else if (takes(argv[i], "qr=", &v)) {
			good = one_of(v, "yes", "no", NULL);
		} else if (takes(argv[i], "socket=", &v)) {
			good = plain(v) && v[0] == '/';
		} else if (takes(argv[i], "lang=", &v) || takes(argv[i], "prompt=", &v)) {
			good = plain(v);
		}
		if (!good || o->count == sizeof o->passed / sizeof o->passed[0]) {
			pam_syslog(pamh, LOG_ERR, "option \"%.60s\" is not one that pam_avow knows; nobody is let in", argv[i]);
			return false;
		}
		o->passed[o->count++] = argv[i];
	}
	return true;
}

/* put adds "name value NUL" to the start message. Control characters of an item become '?': they come from outside. */
static bool put(char *start, size_t *used, const char *name, const char *value)
{
	size_t n = strlen(name), v = strnlen(value, MAX_VALUE + 1);
	if (v > MAX_VALUE || *used + n + v + 1 > MAX_START)
		return false;
	memcpy(start + *used, name, n);
	*used += n;
	for (size_t i = 0; i < v; i++) {
		unsigned char c = (unsigned char)value[i];
		start[(*used)++] = (c < ' ' || c == 0x7f) ? '?' : value[i];
	}
	start[(*used)++] = '\0';
	return true;
}

static bool put_item(pam_handle_t *pamh, int item, const char *name, char *start, size_t *used)
{
	const void *value = NULL;
	if (pam_get_item(pamh, item, &value) != PAM_SUCCESS || value == NULL)
		return true; /* a host need not set it */
	return put(start, used, name, value);
}

static bool make_start(pam_handle_t *pamh, const char *user, const struct options *o, char *start, size_t *used)
{
	*used = 0;
	bool good = plain(user) && put(start, used, "version=", "1") && put(start, used, "user=", user) &&
		put_item(pamh, PAM_SERVICE, "service=", start, used) && put_item(pamh, PAM_TTY, "tty=", start, used) &&
		put_item(pamh, PAM_RHOST, "rhost=", start, used);
	for (size_t i = 0; good && i < o->count; i++)
		good = put(start, used, "", o->passed[i]);
	return good;
}

static struct timespec in_seconds(int s)
{
	struct timespec t = {0, 0};
	(void)clock_gettime(CLOCK_MONOTONIC, &t);
	t.tv_sec += s;
	return t;
}

/* left is how many milliseconds there are until end; 0 when it is over. */
static int left(const struct timespec *end)
{
	struct timespec now = in_seconds(0);
	long long ms = (long long)(end->tv_sec - now.tv_sec) * 1000 + (end->tv_nsec - now.tv_nsec) / 1000000;
	return ms <= 0 ? 0 : ms > 1000000 ? 1000000 : (int)ms;
}

static bool ready(const struct helper *h, short events)
{
	for (;;) {
		struct pollfd p = {.fd = h->fd, .events = events, .revents = 0};
		int ms = left(&h->end);
		int n = poll(&p, 1, ms);
		if (n > 0)
			return true;
		if (n == 0 || errno != EINTR)
			return false;
	}
}

static bool send_all(const struct helper *h, const void *data, size_t n)
{
	const char *at = data;
	while (n > 0) {
		if (!ready(h, POLLOUT))
			return false;
		ssize_t k = send(h->fd, at, n, MSG_NOSIGNAL | MSG_DONTWAIT); /* no SIGPIPE for the host */
		if (k < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k <= 0)
			return false;
		at += k;
		n -= (size_t)k;
	}
	return true;
}

/* receive gets n bytes. It returns how many came: fewer at the end, after an error, or when the time is over. */
static size_t receive(const struct helper *h, void *data, size_t n)
{
	char *at = data;
	size_t got = 0;
	while (got < n) {
		if (!ready(h, POLLIN))
			break;
		ssize_t k = recv(h->fd, at + got, n - got, MSG_DONTWAIT);
		if (k < 0 && (errno == EINTR || errno == EAGAIN))
			continue;
		if (k <= 0)
			break;
		got += (size_t)k;
	}
	return got;
}

static bool send_frame(const struct helper *h, char type, const char *data, size_t n)
{
	unsigned char head[3] = {(unsigned char)type, (unsigned char)(n >> 8), (unsigned char)n};
	return n <= MAX_START && send_all(h, head, sizeof head) && send_all(h, data, n);
}

/* read_frame reads a frame of text without NUL into text, which holds MAX_TEXT and a NUL. */
static bool read_frame(const struct helper *h, char *type, char *text, size_t *n)
{
	unsigned char head[3];
	if (receive(h, head, sizeof head) != sizeof head)
		return false;
	*type = (char)head[0];
	*n = (size_t)head[1] << 8 | head[2];
	if (*n > MAX_TEXT || receive(h, text, *n) != *n)
		return false;
	text[*n] = '\0';
	return strlen(text) == *n;
}

/*
 * run_helper is the child: it gives up root, all files, signals and environment of the host, and becomes the helper. After a fork
 * of a host that may have threads it calls only what is safe there.
 */
static void __attribute__((noreturn)) run_helper(int fd, const char *path, bool drop, uid_t uid, gid_t gid)
{
	static char *const env[] = {"PATH=/usr/bin:/bin", "LC_ALL=C.UTF-8", NULL};
	char name[] = "avow-login", verb[] = "helper";
	char *const argv[] = {name, verb, NULL};
	struct rlimit none = {0, 0};
	struct sigaction dfl;
	sigset_t empty;

	memset(&dfl, 0, sizeof dfl);
	dfl.sa_handler = SIG_DFL;
	for (int s = 1; s < NSIG; s++)
		(void)sigaction(s, &dfl, NULL); /* some cannot be set */
	(void)sigemptyset(&empty);
	(void)sigprocmask(SIG_SETMASK, &empty, NULL);
	(void)setsid(); /* Ctrl-C is for the host; our end then closes and the helper sees it */
	(void)umask(077);

	/* The socket may be any descriptor, also 0, 1 or 2 of a host that has closed those. */
	int high = fcntl(fd, F_DUPFD_CLOEXEC, 10);
	if (high < 0)
		_exit(126);
	if (dup2(high, 0) != 0 || dup2(high, 1) != 1)
		_exit(126);
	int null = open("/dev/null", O_WRONLY);
	if (null < 0 || (null != 2 && dup2(null, 2) != 2))
		_exit(126);
	if (syscall(SYS_close_range, 3U, ~0U, 0U) != 0) { /* Linux before 5.9 */
		long max = sysconf(_SC_OPEN_MAX);
		for (long i = 3; i < (max > 0 && max < 65536 ? max : 65536); i++)
			(void)close((int)i);
	}
	if (chdir("/") != 0 || setrlimit(RLIMIT_CORE, &none) != 0)
		_exit(126);
	if (drop) {
		if (setgroups(1, &gid) != 0 || setresgid(gid, gid, gid) != 0 || setresuid(uid, uid, uid) != 0)
			_exit(126);
		if (setuid(0) == 0 || geteuid() == 0 || getuid() == 0) /* root that comes back was never gone */
			_exit(126);
	}
	(void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* after setresuid, which clears it */
	execve(path, argv, env);
	_exit(127);
}

/* account finds whom the helper runs as. It is looked up before the fork: the lookup takes locks. */
static bool account(uid_t *uid, gid_t *gid)
{
	static const char *const names[] = {AVOW_USER, "nobody"};
	for (size_t i = 0; i < 2; i++) {
		char buffer[16384];
		struct passwd entry, *found = NULL;
		if (getpwnam_r(names[i], &entry, buffer, sizeof buffer, &found) == 0 && found != NULL && found->pw_uid != 0) {
			*uid = found->pw_uid;
			*gid = found->pw_gid;
			return true;
		}
	}
	return false;
}

static bool start_helper(pam_handle_t *pamh, const struct options *o, struct helper *h)
{
	uid_t uid = 0;
	gid_t gid = 0;
	bool drop = geteuid() == 0 || getuid() == 0;
	if (drop && !account(&uid, &gid)) {
		pam_syslog(pamh, LOG_ERR, "there is neither a user " AVOW_USER " nor nobody");
		return false;
	}
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0) {
		pam_syslog(pamh, LOG_ERR, "socketpair: %m");
		return false;
	}
	h->pid = fork();
	if (h->pid == 0)
		run_helper(pair[1], o->helper, drop, uid, gid);
	(void)close(pair[1]);
	if (h->pid < 0) {
		pam_syslog(pamh, LOG_ERR, "fork: %m");
		(void)close(pair[0]);
		return false;
	}
	h->fd = pair[0];
	h->end = in_seconds(o->timeout + MARGIN);
	return true;
}

static int reap(pid_t pid, int *status, int flags)
{
	for (;;) {
		pid_t p = waitpid(pid, status, flags);
		if (p >= 0 || errno != EINTR)
			return (int)p;
	}
}

/* end_helper ends and reaps the helper in any case. It returns whether the helper ended by itself with status 0. */
static bool end_helper(struct helper *h, bool wait)
{
	struct timespec end = in_seconds(wait ? GRACE : 0);
	int status = 0, p = 0;
	(void)close(h->fd);
	h->fd = -1;
	while ((p = reap(h->pid, &status, WNOHANG)) == 0 && left(&end) > 0) {
		struct timespec nap = {0, 2000000};
		(void)nanosleep(&nap, NULL);
	}
	if (p == 0) {
		(void)kill(h->pid, SIGKILL);
		(void)reap(h->pid, &status, 0);
		return false;
	}
	return p == h->pid && WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* What is shown is part of the question: without the number or the QR nobody can answer. So it is shown with PAM_SILENT too, which sudo sets. */
static bool show(pam_handle_t *pamh, const char *text)
{
	return pam_prompt(pamh, PAM_TEXT_INFO, NULL, "%s", text) == PAM_SUCCESS;
}

static bool ask(pam_handle_t *pamh, const struct helper *h, const char *text)
{
	char *answer = NULL;
	bool good = pam_prompt(pamh, PAM_PROMPT_ECHO_ON, &answer, "%s", text) == PAM_SUCCESS && answer != NULL;
	if (answer == NULL)
		return false;
	size_t n = strlen(answer);
	good = good && n <= MAX_TEXT && send_frame(h, 'A', answer, n);
	explicit_bzero(answer, n);
	free(answer);
	return good;
}

static int refusal(const char *text, size_t n)
{
	switch (n == 1 ? text[0] : '\0') {
	case 'u':
		return PAM_AUTHINFO_UNAVAIL;
	case 'm':
		return PAM_MAXTRIES;
	case 'c':
		return PAM_CONV_ERR;
	default:
		return PAM_AUTH_ERR;
	}
}

/* relay carries the conversation. It returns true only when the helper's last word was to let this user in. */
static bool relay(pam_handle_t *pamh, const struct helper *h, const char *user, int *why)
{
	char text[MAX_TEXT + 1], type = '\0', more = '\0';
	size_t n = 0;
	bool let_in = false;
	*why = PAM_AUTH_ERR;
	for (int frames = 0;; frames++) {
		if (frames >= MAX_FRAMES || !read_frame(h, &type, text, &n)) {
			pam_syslog(pamh, LOG_ERR, "the helper %s", frames >= MAX_FRAMES ? "does not end" : left(&h->end) == 0 ?
				"took too long" : "broke off or said what it must not");
			*why = PAM_AUTHINFO_UNAVAIL;
			break;
		}
		if (type == 'I') {
			if (show(pamh, text))
				continue;
			*why = PAM_CONV_ERR;
		} else if (type == 'Q') {
			if (ask(pamh, h, text))
				continue;
			*why = PAM_CONV_ERR;
		} else if (type == 'O') {
			struct helper last = *h;
			last.end = in_seconds(GRACE);
			let_in = n == strlen(user) && memcmp(text, user, n) == 0 && receive(&last, &more, 1) == 0 && left(&last.end) > 0;
		} else if (type == 'F') {
			*why = refusal(text, n);
		}
		break;
	}
	explicit_bzero(text, sizeof text);
	return let_in;
}

static int ask_helper(pam_handle_t *pamh, const char *user, const struct options *o)
{
	char start[MAX_START];
	size_t used = 0;
	struct helper h = {.pid = -1, .fd = -1};
	struct sigaction dfl, old;
	int why = PAM_AUTHINFO_UNAVAIL;

	if (!make_start(pamh, user, o, start, &used)) {
		pam_syslog(pamh, LOG_NOTICE, "the user's name or an item of the service is too long or has strange characters");
		return PAM_AUTH_ERR;
	}
	/* A host that ignores SIGCHLD, or reaps whatever ends, would take the helper's exit status from us. */
	memset(&dfl, 0, sizeof dfl);
	dfl.sa_handler = SIG_DFL;
	(void)sigemptyset(&dfl.sa_mask);
	if (sigaction(SIGCHLD, &dfl, &old) != 0)
		return PAM_AUTHINFO_UNAVAIL;
	if (!start_helper(pamh, o, &h)) {
		(void)sigaction(SIGCHLD, &old, NULL);
		return PAM_AUTHINFO_UNAVAIL;
	}
	bool let_in = send_frame(&h, 'S', start, used) && relay(pamh, &h, user, &why);
	bool ended_well = end_helper(&h, let_in);
	(void)sigaction(SIGCHLD, &old, NULL);
	if (let_in && ended_well)
		return PAM_SUCCESS;
	return let_in ? PAM_AUTH_ERR : why;
}

int pam_sm_authenticate(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	struct options o;
	const char *user = NULL;
	(void)flags;
	if (!read_options(pamh, argc, argv, &o))
		return PAM_AUTHINFO_UNAVAIL;
	if (pam_get_user(pamh, &user, NULL) != PAM_SUCCESS || user == NULL)
		return PAM_CONV_ERR;
	return ask_helper(pamh, user, &o);
}

/* There are no credentials to set. PAM_IGNORE would fail a stack that has no other module. */
int pam_sm_setcred(pam_handle_t *pamh, int flags, int argc, const char **argv)
{
	(void)pamh;
	(void)flags;
	(void)argc;
	(void)argv;
	return PAM_SUCCESS;
}
