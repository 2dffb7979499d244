// SwiftPM's own `embedInCode` writes an array literal, on which the Swift compiler spends nine seconds.
#include "queue_functions.h"

// #embed is C23, and known to Swift's clang since 6.2.
#pragma clang diagnostic ignored "-Wc23-extensions"

// Later parts use what earlier ones define.
static const char text[] = {
#embed "../RedisQueue/Functions/verbatim.lua"
    ,
#embed "../RedisQueue/Functions/jobs.lua"
    ,
#embed "../RedisQueue/Functions/stages.lua"
    ,
#embed "../RedisQueue/Functions/audit.lua"
    ,
#embed "../RedisQueue/Functions/sync.lua"
    ,
#embed "../RedisQueue/Functions/upkeep.lua"
    ,
#embed "../RedisQueue/Functions/limiter.lua"
    ,
#embed "../RedisQueue/Functions/register.lua"
};

const char *queue_functions_text(void) { return text; }

size_t queue_functions_length(void) { return sizeof text; }
