/** Runs pieces of work with the same name one after the other, in the order they came. A failed one does not stop the next. */
export function createSerial(): <T>(name: string, work: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (name, work) => {
    const before = last.get(name) ?? Promise.resolve();
    const next = before.then(work, work);
    const done = next
      .catch(() => undefined)
      .then(() => {
        if (last.get(name) === done) last.delete(name);
      });
    last.set(name, done);
    return next;
  };
}
