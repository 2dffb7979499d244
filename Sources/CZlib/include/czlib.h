#pragma once
#include <zlib.h>

// deflateInit2 is a macro, which Swift cannot call. 16 added to the window's size: gzip's header and trailer.
static inline int czlib_gzip_init(z_stream *stream, int level) {
  return deflateInit2(stream, level, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
}

// inflateInit2 is one too.
static inline int czlib_gunzip_init(z_stream *stream) { return inflateInit2(stream, 15 + 16); }
