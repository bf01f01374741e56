const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/** Follows a JSON object that comes in parts, and tells when it is complete. Broken JSON may never be. */
export class JsonEnd {
  #depth = 0;
  #begun = false;
  #inString = false;
  #escaped = false;

  get complete(): boolean {
    return this.#begun && this.#depth === 0;
  }

  push(part: string): void {
    for (let i = 0; i < part.length; i++) {
      const c = part.charCodeAt(i);
      if (this.#escaped) this.#escaped = false;
      else if (this.#inString) {
        if (c === QUOTE) this.#inString = false;
        else if (c === BACKSLASH) this.#escaped = true;
      } else if (c === QUOTE) this.#inString = true;
      else if (c === 0x7b || c === 0x5b) {
        this.#depth++;
        this.#begun = true;
      } else if (c === 0x7d || c === 0x5d) this.#depth--;
    }
  }
}
