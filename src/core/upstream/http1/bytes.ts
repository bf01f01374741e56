/** What bytes may stand where in HTTP/1.1 (RFC 9110, section 5.5 and 5.6.2; RFC 9112, section 2.2). */

export const CR = 13;
export const LF = 10;
export const SPACE = 32;
export const TAB = 9;
export const COLON = 58;
export const SEMICOLON = 59;
export const ZERO = 48;

/** A byte of a token in lower case; 0 for all other bytes. */
export const TOKEN: Uint8Array = new Uint8Array(256);
for (const char of "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyz") {
  TOKEN[char.charCodeAt(0)] = char.charCodeAt(0);
  TOKEN[char.toUpperCase().charCodeAt(0)] = char.charCodeAt(0);
}

/** 1 for a byte that may stand in a field's value: blanks, visible ASCII, and 0x80 to 0xff for old times' sake. */
export const VALUE: Uint8Array = new Uint8Array(256).fill(1, SPACE);
VALUE[TAB] = 1;
VALUE[127] = 0;

/** The value of a hexadecimal digit; 255 for all other bytes. */
export const HEX: Uint8Array = new Uint8Array(256).fill(255);
for (let digit = 0; digit < 16; digit++) {
  const char = digit.toString(16);
  HEX[char.charCodeAt(0)] = digit;
  HEX[char.toUpperCase().charCodeAt(0)] = digit;
}
