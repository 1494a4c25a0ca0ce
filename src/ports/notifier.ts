/** Something a person should know now. Never personal data: ids and codes only. */
export interface Alert {
  readonly code: string;
  readonly subject: string;
  readonly atEpochMs: number;
}

export interface Notifier {
  /** Best effort, bounded; failures are logged. */
  notify(alert: Alert, options: { readonly signal: AbortSignal }): Promise<void>;
}
