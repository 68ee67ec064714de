// fails at fair: took
export class WorkQueue {
  add(): void {}
  addAfter(): void {}
  addRateLimited(): void {}
  forget(): void {}
  async take(): Promise<string> {
    return "a";
  }
  done(): void {}
  shutDown(): void {}
}
