/** @param what of the response */
export const malformed = (what: string): Error =>
  new Error(`The upstream's response has ${what} that is malformed.`);
