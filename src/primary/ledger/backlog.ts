import type { UsageRow } from '../../core/types.ts';

/**
 * How much of one journal is not in the database yet. What there is comes from the writer's word, or from a look at the
 * files where it has none for us; what is done with, from the reader.
 */
export class Backlog {
  /** Since the journal began. */
  #bytesTold = 0;
  #bytesRead = 0;
  /** Behind the reader, as the files were last measured. */
  #bytesMeasured = 0;
  /** Of rows that were read and are not settled. */
  #bytesReady = 0;
  #rowsTold = 0;
  /** Were read, but never told of: copies that a writer makes of what it could not sync. */
  #rowsCopied = 0;
  #rowsRead = 0;
  #rowsSettled = 0;

  get bytes(): number {
    return Math.max(this.#bytesTold - this.#bytesRead, this.#bytesMeasured, 0) + this.#bytesReady;
  }

  /** Final rows, as far as they have been counted. */
  get rows(): number {
    return Math.max(this.#rowsTold + this.#rowsCopied, this.#rowsRead) - this.#rowsSettled;
  }

  /** @param bytes of blocks, since the journal began @param rows final ones */
  told(bytes: number, rows: number): void {
    this.#bytesTold = bytes;
    this.#rowsTold = rows;
  }

  /** @param bytes that wait to be read */
  measured(bytes: number): void {
    this.#bytesMeasured = bytes;
  }

  /** Blocks were read. */
  read(bytes: number): void {
    this.#bytesRead += bytes;
    this.#bytesMeasured = Math.max(0, this.#bytesMeasured - bytes);
  }

  /** Opens a pass over the journal. @returns call it when nothing is left to read: what was told before the pass is read, or damaged */
  begin(): () => void {
    const bytes = this.#bytesTold;
    const rows = this.#rowsTold;
    return () => {
      this.#bytesMeasured = 0;
      this.#bytesRead = Math.max(this.#bytesRead, bytes);
      const lost = Math.max(0, rows - this.#rowsRead);
      this.#rowsRead += lost;
      this.#rowsSettled += lost;
      // Where exactly that has been read which was told.
      if (this.#bytesRead === this.#bytesTold)
        this.#rowsCopied = Math.max(0, this.#rowsRead - this.#rowsTold);
    };
  }

  /** A row was read that must go into the database. */
  ready(row: UsageRow): void {
    this.#rowsRead++;
    this.#bytesReady += row.length;
  }

  settled(row: UsageRow): void {
    this.#rowsSettled++;
    this.#bytesReady -= row.length;
  }
}
