/** A promise and the means to settle it. */
export class Deferred {
  declare resolve: () => void;
  declare reject: (reason: Error) => void;
  readonly promise = new Promise<void>((resolve, reject) => {
    this.resolve = resolve;
    this.reject = reject;
  });
}
