/* XML of services, as events with the path of the element: enough for flat answers.
 * Namespaces are passed over; a document type, and so entities of its own, is refused. */
#ifndef AWS_API_XML_H
#define AWS_API_XML_H

#include "base/fault.h"
#include "base/span.h"

enum { XML_DEPTH_MAX = 32, XML_PATH_MAX = 1024, XML_TEXT_MAX = 256 * 1024 };

/* Each may be NULL. A negative errno ends the reading with that errno. Paths are local
 * names, as "Error/Code"; everything is valid until the function returns. */
struct xml_events {
	int (*begin)(void *context, struct span path);
	/* text: of an element without children, as it is; empty for others. */
	int (*end)(void *context, struct span path, struct span text);
	/* After begin, of the element at path: name as it is written, as "xsi:type". */
	int (*attribute)(
		void *context, struct span path, struct span name, struct span value);
};

/* Events come before an error further on is known. 0; -EBADMSG no XML, cut, or with a
 * document type; -EFBIG deeper or longer than the limits; an event's errno; -ENOMEM. */
MUST_USE int xml_read(struct span document, const struct xml_events *events,
	void *context, struct fault *why);

#endif
