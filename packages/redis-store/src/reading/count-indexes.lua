#!lua flags=no-writes
-- Counts the members of some indexes of a partition at one moment: a run that changes its status is in exactly one.
--
-- KEYS  …indexes  zset  indexes of (type, status)
-- ARGV  fromMs  epoch ms, "" for none; of creation, inclusive
--       toMs    epoch ms, "" for none; exclusive
-- Reply counts then a number per index
-- Writes nothing.

-- @include index-page

local created = { fromMs = ARGV[1], toMs = ARGV[2] }

local counts = { "counts" }
for index = 1, #KEYS do
	counts[index + 1] = created_between(KEYS[index], created)
end
return counts
