/** JSON leaves these as they are; terminals obey the first, and some viewers break lines at the others. */
const LEFT_BY_JSON = /[\u007f-\u009f\u2028\u2029]/g;

/** Writes them in the form of JSON, so that the line still says the same. */
export function escapeControls(line: string): string {
  return line.replace(
    LEFT_BY_JSON,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}
