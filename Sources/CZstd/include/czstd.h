#pragma once
#include <zstd.h>

// ZSTD_CONTENTSIZE_UNKNOWN and ZSTD_CONTENTSIZE_ERROR are cast expressions that Swift does not import.
static inline unsigned long long czstd_content_size_unknown(void) {
  return ZSTD_CONTENTSIZE_UNKNOWN;
}
static inline unsigned long long czstd_content_size_error(void) {
  return ZSTD_CONTENTSIZE_ERROR;
}
