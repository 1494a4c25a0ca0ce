/** What a piece of work throws; null when it throws nothing. */
export function refusalOf(work: () => unknown): unknown {
  try {
    work();
  } catch (error) {
    return error;
  }
  return null;
}
