import type { OpPayload, TaskView } from './intent.ts';

function whatWasAgreed(payload: OpPayload | null): string {
  switch (payload?.kind) {
    case undefined:
      return 'a request whose content cannot be read: it was erased, or its key is lost';
    case 'booking':
      return `${payload.serviceName} on ${payload.start} for ${payload.name}, ${payload.phone}`;
    case 'message':
      return `a message of ${payload.name ?? 'a caller'}${payload.phone === null ? '' : `, ${payload.phone}`}`;
    case 'contact':
      return `the contact ${payload.name}, ${payload.phone}`;
    case 'note':
      return `the note "${payload.title}" about ${payload.phone}`;
    case 'notice':
      return `the ${payload.channel === 'sms' ? 'text message' : 'e-mail'} to ${payload.to}`;
    case 'reschedule':
      return `moving appointment ${payload.target} to ${payload.start}`;
    case 'cancel':
      return `cancelling appointment ${payload.target}`;
  }
}

/** What a person has to do, in one line. Personal: stored sealed, never logged. */
export function taskSummary(reason: TaskView['reason'], payload: OpPayload | null, errorCode: string | null): string {
  const what = whatWasAgreed(payload);
  switch (reason) {
    case 'confirm_booking':
      return `Call back to confirm: ${what}.`;
    case 'conflict_after_promise':
      return `Call back, the slot was taken meanwhile: ${what}.`;
    case 'needs_human':
      return `Not recorded by itself${errorCode === null ? '' : ` (${errorCode})`}, please look: ${what}.`;
    case 'callback':
      return `Call back: ${what}.`;
    case 'transfer_missed':
      return `Nobody took the call, call back: ${what}.`;
  }
}
