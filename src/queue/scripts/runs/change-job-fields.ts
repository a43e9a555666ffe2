import { createScript } from '../../../redis/script.ts';

/**
 * Changes fields of a job's hash, unless a field has another value than expected.
 * KEYS: 1 the job. ARGV: 1 `1` to refuse for a job that is to be cancelled, 2 how many fields are expected; then field
 * and value of each of these, then field and value of each change. '' stands for a field that is not set.
 * Returns `done`, `gone`, `cancelled` or `changed`. A change that stands already is done: its answer was lost, and it was sent
 * again.
 */
export const changeJobFieldsScript = createScript(
  'heavyliftChangeJobFields',
  1,
  `
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if ARGV[1] == '1' and redis.call('HEXISTS', KEYS[1], 'cancel') == 1 then return 'cancelled' end
local changes = 3 + 2 * ARGV[2]
local function stands(first, last)
  for i = first, last, 2 do
    if (redis.call('HGET', KEYS[1], ARGV[i]) or '') ~= ARGV[i + 1] then return false end
  end
  return true
end
if not stands(3, changes - 1) then return stands(changes, #ARGV) and 'done' or 'changed' end
for i = changes, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', KEYS[1], ARGV[i])
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
return 'done'`,
);
