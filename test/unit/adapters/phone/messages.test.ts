import { describe, expect, it } from 'vitest';
import { decodeRtp, encodeRtp, eventPayload } from '../../../../src/adapters/phone/rtp-packet.ts';
import { formatSdp, parseSdp } from '../../../../src/adapters/phone/sdp.ts';
import {
  cseqOf,
  formatSip,
  headerOf,
  headersOf,
  hostPortOf,
  paramOf,
  parseSip,
  userOf,
} from '../../../../src/adapters/phone/sip-message.ts';

const INVITE = [
  'INVITE sip:100@127.0.0.1:5060 SIP/2.0',
  'v: SIP/2.0/UDP 127.0.0.1:5070;branch=z9hG4bKa;rport, SIP/2.0/UDP 10.0.0.1;branch=z9hG4bKb',
  'Record-Route: <sip:p1;lr>, <sip:p2;lr>',
  'f: "Weber, Anna" <sip:+493055501234@example.org>;tag=x1',
  't: <sip:100@127.0.0.1>',
  'i: abc',
  'CSeq: 7 INVITE',
  'Subject: folded',
  ' line',
  'l: 4',
  '',
  'body',
].join('\r\n');

describe('SIP messages', () => {
  it('are read with compact names, folded lines and listed values', () => {
    const message = parseSip(INVITE);
    if (message === null) throw new Error('not read');
    expect(headersOf(message, 'via')).toHaveLength(2);
    expect(headersOf(message, 'record-route')).toEqual(['<sip:p1;lr>', '<sip:p2;lr>']);
    expect(paramOf(headerOf(message, 'via'), 'branch')).toBe('z9hG4bKa');
    expect(paramOf(headerOf(message, 'from'), 'tag')).toBe('x1');
    expect(userOf(headerOf(message, 'from'))).toBe('+493055501234');
    expect(headerOf(message, 'subject')).toBe('folded line');
    expect(cseqOf(message)).toEqual({ number: 7, method: 'INVITE' });
    expect(message.body).toBe('body');
  });

  it('are written so that they are read the same', () => {
    const message = parseSip(INVITE);
    if (message === null) throw new Error('not read');
    const again = parseSip(formatSip({ ...message, headers: message.headers.filter(([name]) => name !== 'content-length') }));
    expect(again?.start).toEqual(message.start);
    expect(again?.headers.filter(([name]) => name !== 'content-length')).toEqual(
      message.headers.filter(([name]) => name !== 'content-length'),
    );
  });

  it.each(['', 'hello', 'HTTP/1.1 200 OK\r\n\r\n'])('are not read from %j', (text) => {
    expect(parseSip(text)).toBeNull();
  });

  it('name their port or mean 5060', () => {
    expect(hostPortOf('sip:100@127.0.0.1:5099;transport=udp')).toEqual({ host: '127.0.0.1', port: 5099 });
    expect(hostPortOf('sip:127.0.0.1')).toEqual({ host: '127.0.0.1', port: 5060 });
  });
});

describe('SDP', () => {
  it('is read as it was written', () => {
    const text = formatSdp({ host: '127.0.0.1', port: 4000, codecs: ['alaw'], eventPayloadType: 101, session: 1 });
    expect(parseSdp(text)).toEqual({ host: '127.0.0.1', port: 4000, codecs: ['alaw'], eventPayloadType: 101 });
  });

  it('keeps the order of the codecs that are known and leaves the others out', () => {
    const text = 'v=0\r\nc=IN IP4 10.0.0.9\r\nm=audio 5000 RTP/AVP 9 0 8 96\r\na=rtpmap:96 telephone-event/8000\r\n';
    expect(parseSdp(text)).toEqual({ host: '10.0.0.9', port: 5000, codecs: ['ulaw', 'alaw'], eventPayloadType: 96 });
  });
});

describe('RTP', () => {
  const packet = { payloadType: 8, marker: true, sequence: 65_535, timestamp: 4_294_967_295, ssrc: 1, payload: Uint8Array.of(1, 2, 3) };

  it('is read as it was written', () => {
    const read = decodeRtp(encodeRtp(packet));
    expect({ ...read, payload: [...(read?.payload ?? [])] }).toEqual({ ...packet, payload: [1, 2, 3] });
  });

  it('is read without its extension and padding', () => {
    const plain = encodeRtp({ ...packet, payload: Uint8Array.of(0xbe, 0xde, 0, 1, 9, 9, 9, 9, 5, 6, 0, 2) });
    plain.writeUInt8(0xb0, 0);
    expect([...(decodeRtp(plain)?.payload ?? [])]).toEqual([5, 6]);
  });

  it('of another version is refused', () => {
    expect(decodeRtp(Buffer.alloc(12))).toBeNull();
  });

  it('carries the key, the end mark and the duration of a telephone event', () => {
    expect([...eventPayload('#', 800, true)]).toEqual([11, 0x8a, 0x03, 0x20]);
  });
});
