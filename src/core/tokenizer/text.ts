const ESCAPES = /\\(?:u([0-9a-fA-F]{4})|(.))/gs;
const SHORT: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' };

/**
 * The text that the content of JSON strings stands for. It need not be complete: half an escape sequence at either end
 * stays as it is.
 */
export function decodeText(content: string): string {
  return content.replace(ESCAPES, (_, unit: string | undefined, letter: string) =>
    unit === undefined ? (SHORT[letter] ?? letter) : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}
