/** Named places where a test may let a process die. Each is passed in every run of the product and costs nothing there. */
export const FAULT_POINTS = [
  'after_accept',
  'after_claim',
  'before_send',
  'after_send_before_commit',
  'after_commit_before_verify',
] as const;
export type FaultPoint = (typeof FAULT_POINTS)[number];

let installed: ((point: FaultPoint) => void) | null = null;

/** True when `name` is a fault point. */
export function isFaultPoint(name: string): name is FaultPoint {
  return (FAULT_POINTS as readonly string[]).includes(name);
}

/** Sets what happens at fault points in this process; null switches them off again. Only composition roots and tests call it. */
export function installFaultHandler(handler: ((point: FaultPoint) => void) | null): void {
  installed = handler;
}

/** Marks a place; does nothing unless a handler was installed. */
export function faultPoint(point: FaultPoint): void {
  installed?.(point);
}
