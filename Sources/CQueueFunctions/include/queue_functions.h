#pragma once
#include <stddef.h>

/// The text of the Redis Functions in `Sources/RedisQueue/Functions`, its parts in the order in which they use each other.
const char *queue_functions_text(void);

/// Its length in bytes; no zero follows.
size_t queue_functions_length(void);
