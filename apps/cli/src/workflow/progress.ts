/** How far work on many things is, on one line that is written again and again; nothing where no person looks. */
export function progressOf(
  stream: { readonly isTTY?: boolean; write(text: string): unknown },
  total: number,
): { readonly step: () => void; readonly end: () => void } {
  let done = 0;
  const isShown = stream.isTTY === true;
  return {
    step: () => {
      done += 1;
      if (isShown) stream.write(`\r${done} of ${Math.max(done, total)}`);
    },
    end: () => {
      if (isShown && done > 0) stream.write("\n");
    },
  };
}
