#!lua flags=allow-oom
-- Forgets a dead letter.
--
-- KEYS  deadLetters      hash  dead letters
--       deadLetterOrder  zset  their ids in the order in which they came
-- ARGV  id  string
-- Reply removed | absent
-- Writes only when the reply is removed.

-- @include dead-letter

local deadLetters, order = KEYS[1], KEYS[2]
local id = ARGV[1]

if not redis.call("ZSCORE", order, id) then
	return { "absent" }
end
remove_dead_letter(deadLetters, order, id)
return { "removed" }
