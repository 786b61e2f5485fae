#!lua flags=allow-oom
-- Moves the virtual clock on and wakes every owner that waits, because for it the time does not pass by itself.
--
-- KEYS  clock    string  epoch ms
--       …leases  hash    ownership of each partition
-- ARGV  toMs  epoch ms
-- Reply moved nowMs
-- The clock never goes back. Repeating it is safe.

-- @include wake-owner

local clock = KEYS[1]
local toMs = ARGV[1]

local nowMs = redis.call("GET", clock)
if tonumber(nowMs) < tonumber(toMs) then
	redis.call("SET", clock, toMs)
	nowMs = toMs
end
for index = 2, #KEYS do
	wake_owner(KEYS[index])
end
return { "moved", nowMs }
