/* What the books keep in DATA_DIR beside the journals themselves. */

/** The name of this gateway's chain of batches, a UUID. */
export const NODE_FILE = 'node-id';

/** In the folder of the journals: the end of that chain. */
export const HEAD_FILE = 'head.json';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const isUuid = (text: string): boolean => UUID.test(text);

/** For files that somebody may delete at any time: `catch(unlessMissing)`. @throws anything but ENOENT */
export function unlessMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
  return undefined;
}
