// libFuzzer as a library (https://llvm.org/docs/LibFuzzer.html#using-libfuzzer-as-a-library).
#pragma once
#include <stddef.h>
#include <stdint.h>

/// Calls `target` with bytes until it traps or the limits on the command line are reached.
int LLVMFuzzerRunDriver(
    int *argc, char ***argv, int (*target)(const uint8_t *bytes, size_t count));
