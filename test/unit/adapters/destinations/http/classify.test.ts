import { expect, test } from 'vitest';
import { answerOf, unreachable } from '../../../../../src/adapters/destinations/http/classify.ts';

test.each([
  ['ENOTFOUND', 'its name cannot be resolved'],
  ['ECONNREFUSED', 'nothing listens at its address'],
  ['UND_ERR_CONNECT_TIMEOUT', 'no connection to its address could be made'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'its certificate is not trusted; name that of its authority in caFile'],
  ['SELF_SIGNED_CERT_IN_CHAIN', 'its certificate is not trusted; name that of its authority in caFile'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'its certificate is not trusted; name that of its authority in caFile'],
  ['CERT_HAS_EXPIRED', 'its certificate is not trusted'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'its certificate is not trusted'],
  ['ERR_SSL_WRONG_VERSION_NUMBER', 'it does not speak TLS as expected'],
  ['HPE_INVALID_CONSTANT', 'it does not speak HTTP'],
  ['HTTPParserError', 'it does not speak HTTP'],
])('a request that failed with %s says that %s', (cause, obstacle) => {
  expect(() => answerOf({ type: 'failed', sent: false, cause }, [200])).toThrow(
    expect.objectContaining({ code: 'destination_unreachable', message: `the destination does not answer: ${obstacle} (${cause})` }),
  );
});

test('a cause that is not known is named; without one nothing is claimed', () => {
  expect(unreachable({ cause: 'ECONNRESET' }).message).toBe('the destination does not answer (ECONNRESET)');
  expect(unreachable().message).toBe('the destination does not answer');
});
