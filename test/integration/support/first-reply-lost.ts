import { waitFor, type TcpProxy } from "@heddle/testkit";

/** Runs the call with its first answer lost after it was applied; the answers to repetitions arrive. */
export async function withFirstReplyLost<Answer>(
  proxy: TcpProxy,
  call: () => Promise<Answer>,
): Promise<Answer> {
  const before = proxy.droppedReplyBytes;
  proxy.dropReplies(true);
  const answer = call();
  await waitFor(() => proxy.droppedReplyBytes > before, { description: "a reply is lost" });
  proxy.dropReplies(false);
  return answer;
}
