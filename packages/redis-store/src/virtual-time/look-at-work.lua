#!lua flags=no-writes
-- Tells in one moment what the partitions have to do, now and later.
--
-- KEYS  …partitions  per partition: inbox stream, timers zset
-- ARGV  none
-- Reply work unprocessed nextDueMs activities   (nextDueMs "" for none; activities: member and due time of each)

local unprocessed, earliest, activities = 0, nil, {}
for index = 1, #KEYS do
	if index % 2 == 1 then
		unprocessed = unprocessed + redis.call("XLEN", KEYS[index])
	else
		local timers = redis.call("ZRANGE", KEYS[index], 0, -1, "WITHSCORES")
		if timers[2] and (not earliest or tonumber(timers[2]) < tonumber(earliest)) then
			earliest = timers[2]
		end
		for place = 1, #timers, 2 do
			if string.sub(timers[place], 1, 9) == "activity:" then
				activities[#activities + 1] = timers[place]
				activities[#activities + 1] = timers[place + 1]
			end
		end
	end
end
return { "work", unprocessed, earliest or "", activities }
