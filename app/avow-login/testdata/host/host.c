/*
 * host is a PAM application with manners that real ones have and pamtester has not: host SERVICE USER MANNER TIMES.
 * It prints each result's number, then how many descriptors and children more it has than before.
 */
#include <dirent.h>
#include <errno.h>
#include <security/pam_appl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static const char *manner;

static int converse(int n, const struct pam_message **msg, struct pam_response **resp, void *data)
{
	(void)data;
	if (strcmp(manner, "refuses") == 0)
		return PAM_CONV_ERR;
	if (strcmp(manner, "refuses-answers") == 0 && msg[0]->msg_style == PAM_PROMPT_ECHO_ON)
		return PAM_CONV_ERR;
	struct pam_response *r = calloc((size_t)n, sizeof *r);
	if (r == NULL)
		return PAM_BUF_ERR;
	for (int i = 0; i < n; i++)
		if (msg[i]->msg_style == PAM_PROMPT_ECHO_ON && strcmp(manner, "says-nothing") != 0)
			r[i].resp = strdup(strcmp(manner, "too-long") == 0 ? "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
				: "12345678");
	*resp = r;
	return PAM_SUCCESS;
}

static int descriptors(void)
{
	int n = 0;
	DIR *d = opendir("/proc/self/fd");
	if (d == NULL)
		return -1;
	while (readdir(d) != NULL)
		n++;
	closedir(d);
	return n;
}

static void reap_all(int s)
{
	(void)s;
	int kept = errno;
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	errno = kept;
}

int main(int argc, char **argv)
{
	if (argc != 5)
		return 2;
	manner = argv[3];
	struct pam_conv conv = {strcmp(manner, "no-conversation") == 0 ? NULL : converse, NULL};
	FILE *out = stdout;
	if (strcmp(manner, "closed-files") == 0) {
		out = fdopen(dup(1), "w"); /* becomes 3 or more, so the module's socket becomes 0 and 1 */
		close(0);
		close(1);
		close(2);
	}
	if (strcmp(manner, "ignores-children") == 0)
		signal(SIGCHLD, SIG_IGN);
	if (strcmp(manner, "reaps-children") == 0)
		signal(SIGCHLD, reap_all);
	if (strcmp(manner, "blocks-signals") == 0) {
		sigset_t all;
		sigfillset(&all);
		sigprocmask(SIG_BLOCK, &all, NULL);
	}
	int before = descriptors();
	for (int i = 0; i < atoi(argv[4]); i++) {
		pam_handle_t *h = NULL;
		int r = pam_start(argv[1], argv[2], &conv, &h);
		if (r != PAM_SUCCESS) {
			fprintf(out, "start %d\n", r);
			continue;
		}
		r = pam_authenticate(h, strcmp(manner, "silent") == 0 ? PAM_SILENT : 0);
		fprintf(out, "result %d\n", r);
		if (r == PAM_SUCCESS && pam_setcred(h, PAM_ESTABLISH_CRED) != PAM_SUCCESS)
			fprintf(out, "setcred\n");
		pam_end(h, r);
	}
	fprintf(out, "left %d %s\n", descriptors() - before, waitpid(-1, NULL, WNOHANG) < 0 && errno == ECHILD ? "none" : "some");
	fclose(out);
	return 0;
}
