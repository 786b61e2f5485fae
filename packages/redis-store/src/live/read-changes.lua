#!lua flags=no-writes
-- Reads what the feed of a partition tells behind a place.
--
-- KEYS  feed  stream  changes of statuses, for who watches
-- ARGV  after  entry id, the place; "" for its end
--       limit  integer, entries at most
-- Reply changes lastId oldestId entries
--       lastId: of the newest change ever noted; oldestId: of the oldest that is left, "" while all are
-- Writes nothing.

local feed = KEYS[1]
local after, limit = ARGV[1], ARGV[2]

if redis.call("EXISTS", feed) == 0 then
	return { "changes", "0-0", "", {} }
end
local info = {}
local stream = redis.call("XINFO", "STREAM", feed)
for index = 1, #stream, 2 do
	info[stream[index]] = stream[index + 1]
end
local lastId, oldest = info["last-generated-id"], info["first-entry"]
local isWhole = info["entries-added"] == info["length"]
local oldestId = isWhole and "" or oldest and oldest[1] or lastId
if after == "" then
	return { "changes", lastId, oldestId, {} }
end
return { "changes", lastId, oldestId, redis.call("XRANGE", feed, "(" .. after, "+", "COUNT", limit) }
