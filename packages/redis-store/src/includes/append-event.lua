-- @include wake-owner
-- Appends one accepted event to the inbox, counts it on its open run, and wakes the owner.
-- event: kind, workflowId, runId, name, reference, extra, data. The entry id carries the time.
local function append_event(lease, inbox, header, event)
	redis.call("XADD", inbox, "*",
		"kind", event.kind, "id", event.workflowId, "run", event.runId,
		"name", event.name or "", "reference", event.reference or "", "extra", event.extra or "",
		"data", event.data or "")
	redis.call("HINCRBY", header, "accepted", 1)
	wake_owner(lease)
end
