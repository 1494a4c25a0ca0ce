import type { HttpAnswer } from '../http/http-client.ts';
import { childrenOf, parseXml, textAt, type XmlElement } from './xml.ts';

/** What a write came to. */
export interface Verdict {
  readonly status: number;
  /** The condition that did not hold, by its name (RFC 4918, section 16): `no-uid-conflict`. */
  readonly precondition: string | null;
}

const MULTI_STATUS = 207;
const STATUS_LINE = /^HTTP\/\S+ (\d{3})/;

/**
 * Reads the answer to a write of one resource. A server may give the status of the resource inside a multistatus (RFC 4918, section 13); the
 * condition that failed stands in the body in either form, or not at all.
 */
export function verdictOf({ status, body, header }: HttpAnswer): Verdict {
  const root = (header('content-type') ?? '').includes('xml') ? rootOf(body) : null;
  if (root === null) return { status, precondition: null };
  if (root.name === 'error') return { status, precondition: conditionIn(root) };
  const [response] = childrenOf(root, 'response');
  if (status !== MULTI_STATUS || response === undefined) return { status, precondition: null };
  const inner = STATUS_LINE.exec((textAt(response, 'status') ?? textAt(response, 'propstat', 'status') ?? '').trim())?.[1];
  const [error] = childrenOf(response, 'error');
  return { status: inner === undefined ? status : Number(inner), precondition: error === undefined ? null : conditionIn(error) };
}

const conditionIn = (error: XmlElement): string | null => error.children[0]?.name ?? null;

function rootOf(body: string): XmlElement | null {
  try {
    return parseXml(body);
  } catch {
    return null;
  }
}
