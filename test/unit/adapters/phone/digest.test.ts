import { describe, expect, it } from 'vitest';
import { answerChallenge } from '../../../../src/adapters/phone/digest.ts';

const challenge =
  'Digest realm="http-auth@example.org", qop="auth, auth-int", algorithm=ALG, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"';
const request = {
  method: 'GET',
  uri: '/dir/index.html',
  credentials: { user: 'Mufasa', password: 'Circle of Life' },
  cnonce: 'f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ',
};

describe('digest answers', () => {
  // RFC 7616 §3.9.1 has the same request with both algorithms.
  it.each([
    ['MD5', '8ca523f5e9506fed4657c9700eebdbec'],
    ['SHA-256', '753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1'],
  ])('agree with the example of RFC 7616 for %s', (algorithm, response) => {
    const answer = answerChallenge({ ...request, challenge: challenge.replace('ALG', algorithm) });
    expect(answer).toContain(`response="${response}"`);
    expect(answer).toContain('nc=00000001');
    expect(answer).toContain('opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS"');
  });

  it('leave out the counter when the challenge names no quality of protection (RFC 2617 without qop)', () => {
    const answer = answerChallenge({ ...request, challenge: 'Digest realm="a", nonce="b"' });
    expect(answer).not.toContain('nc=');
    expect(answer).toContain('realm="a"');
  });
});
