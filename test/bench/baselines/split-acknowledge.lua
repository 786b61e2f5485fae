-- A signal is processed: it leaves the inbox and the client is told.
--
-- KEYS  inbox    stream  what is accepted and not yet processed
-- ARGV  id       string, the workflow
--       entry    id in the inbox
--       channel  where the client listens
-- Reply acknowledged

local inbox = KEYS[1]
local id, entry, channel = ARGV[1], ARGV[2], ARGV[3]

redis.call("XDEL", inbox, entry)
redis.call("PUBLISH", channel, id)
return { "acknowledged" }
