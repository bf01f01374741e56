import fs from 'node:fs';
import { promisify } from 'node:util';

/** The rows tell who used what. */
export const FILE_MODE = 0o600;
export const FOLDER_MODE = 0o700;

const PIECE = Buffer.alloc(1_048_576);

const openFile = promisify(fs.open);
const writeFile = promisify(fs.write);
const closeFile = promisify(fs.close);
const fdatasync = promisify(fs.fdatasync);

/** What a journal asks of the file system, so that a test can let it fail. Everything throws, or rejects. */
export interface Disk {
  /** An empty file that was not there before. @returns its descriptor */
  create(path: string): number;
  /** @returns bytes written; fewer than asked for where the disk is full */
  write(fd: number, bytes: Buffer, position: number): number;
  truncate(fd: number, bytes: number): void;
  /** The first bytes of a file. */
  read(fd: number, length: number): Buffer;
  /** Whether the file still stands in a folder. */
  isNamed(fd: number): boolean;
  /** It may be there already. */
  makeFolder(path: string): void;
  rename(from: string, to: string): void;
  close(fd: number): void;
  fdatasync(fd: number): Promise<void>;
  /**
   * A file of zeros whose room on the disk is taken. If it fails there is no file.
   * @param synced the zeros are on the disk itself. @returns its descriptor
   */
  allocate(path: string, bytes: number, synced: boolean): Promise<number>;
}

export const disk: Disk = {
  create: (path) => fs.openSync(path, 'wx+', FILE_MODE),
  write: (fd, bytes, position) => fs.writeSync(fd, bytes, 0, bytes.length, position),
  truncate: fs.ftruncateSync,
  read(fd, length) {
    const bytes = Buffer.allocUnsafe(length);
    return bytes.subarray(0, fs.readSync(fd, bytes, 0, length, 0));
  },
  isNamed: (fd) => fs.fstatSync(fd).nlink > 0,
  makeFolder: (path) => void fs.mkdirSync(path, { recursive: true, mode: FOLDER_MODE }),
  rename: fs.renameSync,
  close: fs.closeSync,
  fdatasync,
  allocate,
};

/**
 * Zeros, written: Node has no `fallocate`, and a file of nothing but a length has no room. A file system that copies
 * on write (btrfs, ZFS) may want new room all the same when they are overwritten.
 */
async function allocate(path: string, bytes: number, synced: boolean): Promise<number> {
  const fd = await openFile(path, 'w+', FILE_MODE);
  try {
    for (let at = 0; at < bytes; ) {
      at += (await writeFile(fd, PIECE, 0, Math.min(PIECE.length, bytes - at), at)).bytesWritten;
    }
    if (synced) await fdatasync(fd);
    return fd;
  } catch (err) {
    await closeFile(fd);
    await fs.promises.rm(path, { force: true });
    throw err;
  }
}
