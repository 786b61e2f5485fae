-- @include append-event
-- @include change-attributes
-- @include note-change
-- Creates a run with its start event and its index entry. Its predecessor's remains are removed first.
-- run: workflowId, runId, type, input, idempotencyKey, replaces (run id or ""), now (text), startAtMs (nil: at once),
-- replacesSearchable (its predecessor has attributes or a memo), changes of attributes (packed, nil for none) and memo;
-- parent (nil for a run that is no child)
local function create_run(keys, run)
	if run.replaces ~= "" then
		redis.call("ZREM", keys.previousIndex, run.workflowId)
		if run.replacesSearchable then
			forget_search(keys, run.workflowId)
		end
		redis.call("DEL", keys.header, keys.history, keys.signalIds, keys.offloaded)
	end
	redis.call("HSET", keys.header,
		"schemaVersion", "1", "type", run.type, "status", "pending", "runId", run.runId,
		"createdAtMs", run.now, "updatedAtMs", run.now,
		"historyLength", "0", "accepted", "1", "processed", "0")
	if run.idempotencyKey ~= "" then
		redis.call("HSET", keys.header, "keyed", "1")
	end
	if run.parent then
		redis.call("HSET", keys.header, "parent", run.parent)
	end
	if run.changes then
		write_search(keys, run, cmsgpack.unpack(run.changes), run.memo)
	end
	redis.call("SADD", keys.types, run.type)
	redis.call("ZADD", keys.index, run.now, run.workflowId)
	note_change(keys.feed, run, run.type, "pending", run.now)
	-- Another kind for a delayed run: an owner opens one that was merely started without reading its header.
	append_uncounted(keys.lease, keys.inbox, {
		kind = run.startAtMs and "start-delayed" or "started",
		workflowId = run.workflowId, runId = run.runId, name = run.type, reference = run.idempotencyKey,
		extra = run.startAtMs and integer(run.startAtMs) .. ":" .. run.replaces or run.replaces,
		parent = run.parent, data = run.input,
	})
end
