#include "fs/mount/handles.h"

#include <stdlib.h>

void handles_init(struct handles *h)
{
	pthread_mutex_init(&h->lock, NULL);
	h->first = NULL;
	h->files = h->directories = 0;
}

static void close_one(struct handle *one)
{
	tree_close(one->file);
	tree_listing_free(one->listing);
	free(one);
}

struct handle *handles_add(
	struct handles *h, struct tree_file *file, struct tree_listing *listing)
{
	struct handle *one = calloc(1, sizeof(*one));

	if (one == NULL) {
		tree_close(file);
		tree_listing_free(listing);
		return NULL;
	}
	one->file = file;
	one->listing = listing;
	pthread_mutex_lock(&h->lock);
	one->next = h->first;
	if (one->next != NULL)
		one->next->before = one;
	h->first = one;
	*(one->file ? &h->files : &h->directories) += 1;
	pthread_mutex_unlock(&h->lock);
	return one;
}

void handles_remove(struct handles *h, struct handle *one)
{
	pthread_mutex_lock(&h->lock);
	if (one->before != NULL)
		one->before->next = one->next;
	else
		h->first = one->next;
	if (one->next != NULL)
		one->next->before = one->before;
	*(one->file ? &h->files : &h->directories) -= 1;
	pthread_mutex_unlock(&h->lock);
	close_one(one);
}

void handles_count(struct handles *h, uint64_t *ret_files, uint64_t *ret_directories)
{
	pthread_mutex_lock(&h->lock);
	*ret_files = h->files;
	*ret_directories = h->directories;
	pthread_mutex_unlock(&h->lock);
}

void handles_finish(struct handles *h)
{
	while (h->first != NULL) {
		struct handle *one = h->first;

		h->first = one->next;
		close_one(one);
	}
	pthread_mutex_destroy(&h->lock);
}
