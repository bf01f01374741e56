import { ProxyError } from '../../errors.ts';
import type { Translation } from '../translation.ts';

export const chatMessages: Translation = {
  open() {
    throw new ProxyError('dialect_unreachable');
  },
};
