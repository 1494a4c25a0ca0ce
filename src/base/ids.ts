/** Branded identifiers: strings that cannot be confused with each other. */
type Branded<Name extends string> = string & { readonly __brand: Name };

export type CallId = Branded<'CallId'>;
export type OpId = Branded<'OpId'>;
export type UtteranceId = Branded<'UtteranceId'>;
export type TurnNumber = number & { readonly __brand: 'TurnNumber' };

export const asCallId = (value: string): CallId => value as CallId;
export const asOpId = (value: string): OpId => value as OpId;
export const asUtteranceId = (value: string): UtteranceId => value as UtteranceId;
export const asTurn = (value: number): TurnNumber => value as TurnNumber;
