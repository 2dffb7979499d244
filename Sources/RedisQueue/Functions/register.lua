-- Registration -----------------------------------------------------------------------------------------------------

local function register(name, callback, flag)
  redis.register_function{function_name = 'verbatim1_' .. name, callback = callback, flags = flag and {flag} or {}}
end

register('version', function() return VERSION end, 'no-writes')
register('job', get_job, 'no-writes')
register('jobs', list_jobs, 'no-writes')
register('dead', list_dead, 'no-writes')
register('stats', stats, 'no-writes')
register('config', config, 'no-writes')
register('limits', limits, 'no-writes')
register('identities', identities, 'no-writes')
-- These fill the pipeline: refused at maxmemory.
register('submit', submit)
register('append', append)
register('requeue', requeue_dead)
register('take_expansions', take_expansions)
register('take_fetches', take_fetches)
-- These drain it, or free what is held: they must go on at maxmemory, or it could never empty.
register('cancel', cancel, 'allow-oom')
register('pause', pause, 'allow-oom')
register('pause_all', pause_all, 'allow-oom')
register('fail_expansion', fail_expansion, 'allow-oom')
register('beat_expansions', beat_expansions, 'allow-oom')
register('release_expansions', release_expansions, 'allow-oom')
register('hand_over', hand_over, 'allow-oom')
register('take_indexes', take_indexes, 'allow-oom')
register('complete', complete, 'allow-oom')
register('fail', fail, 'allow-oom')
register('beat', beat, 'allow-oom')
register('release', release, 'allow-oom')
register('tidy', tidy, 'allow-oom')
register('audit', audit, 'allow-oom')
register('permit', permit, 'allow-oom')
register('report', report, 'allow-oom')
