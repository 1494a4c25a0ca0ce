import type { HardRule } from './language/en/rules.ts';
import { say } from './language/en/templates.ts';
import { ask, askAgain, change, speak, understood, type DialogStep, type StepContext } from './step.ts';

type TransferReason = 'asked' | 'emergency' | 'complaint' | 'failed_twice';

export function transfer(from: DialogStep, reason: TransferReason, context: StepContext): DialogStep {
  const phase = { name: 'transferring', urgent: reason === 'emergency' } as const;
  return change(
    speak(from, reason === 'complaint' ? say.complaint() : say.transferring()),
    { phase },
    { type: 'transfer', turn: context.turn, reason },
  );
}

/** What outranks everything else; decided by rules alone. */
export function obeyRule(from: DialogStep, rule: HardRule, context: StepContext): DialogStep {
  switch (rule) {
    case 'emergency':
    case 'self_harm':
      return ask(change(understood(from), { outcome: 'escalated' }), { name: 'emergency' }, say.emergency(context.practice));
    case 'human':
      return transfer(from, 'asked', context);
    case 'threat':
    case 'legal_threat':
    case 'complaint':
    case 'delete_data':
      return transfer(from, 'complaint', context);
    case 'robot':
      return askAgain(speak(understood(from), say.robot(context.practice)));
    case 'stop_recording':
      return askAgain(speak(understood(from), say.recording()));
    default:
      return rule satisfies never;
  }
}

/** Nobody took the call: a message is offered; in an emergency the number is said again first. */
export function transferFailed(from: DialogStep, context: StepContext): DialogStep {
  const { phase } = from.state;
  const warned = phase.name === 'transferring' && phase.urgent ? speak(from, say.emergencyAgain(context.practice)) : from;
  return ask(understood(warned), { name: 'offer_message' }, say.nobodyThere());
}
