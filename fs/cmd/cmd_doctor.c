/* costfs doctor. */
#include "fs/cmd/command.h"
#include "fs/cmd/doctor/run.h"
#include "fs/cmd/say.h"

int command_doctor(const struct arguments *a)
{
	struct fault why = { 0 };
	int failed = 0;
	int r = doctor_run(a, &failed);

	if (r < 0)
		return say_fault(&why, r);
	return failed > 0 ? EXIT_FAILED : EXIT_DONE;
}
