#include "aws/resource/shape.h"

#include <assert.h>

#include "aws/resource/shapes.inc"

static_assert(N_none < UINT16_MAX, "numbers of names are 16 bits");
static_assert(ARRAY_LEN(shapes) < UINT16_MAX, "numbers of shapes are 16 bits");
static_assert(ARRAY_LEN(names) == N_none, "a text for each name");

const char *shape_name(uint16_t number)
{
	assert(number < N_none);
	return names[number];
}

uint16_t shape_no_name(void)
{
	return N_none;
}

uint16_t shape_find_name(struct span text)
{
	uint16_t first = 0, end = N_none;

	while (first < end) {
		uint16_t middle = (uint16_t)((first + end) / 2);
		int order = span_cmp(text, span_of(names[middle]));

		if (order == 0)
			return middle;
		if (order < 0)
			end = middle;
		else
			first = (uint16_t)(middle + 1);
	}
	return N_none;
}

const struct shape *shape_of(uint16_t number)
{
	const struct shape *s = &shapes[number];

	assert(number < ARRAY_LEN(shapes) && s->count <= SHAPE_MEMBERS_MAX);
	return s;
}

const struct shape_operation *shape_find_operation(const char *service, const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(operations); i++)
		if (strcmp(operations[i].service, service) == 0 &&
			strcmp(operations[i].name, name) == 0)
			return &operations[i];
	return NULL;
}
