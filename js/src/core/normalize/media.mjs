// [NORM-9]: inline media is its digest.
import { isObject, isString } from '../json.mjs';
import { sha256 } from '../text.mjs';
import { joined, object, without } from './members.mjs';

const DATA_URL = /^data:([^,]*?);base64,([^]*)$/;
const URL_BLOCKS = {
  image_url: ['image_url', 'image'],
  input_image: ['image_url', 'image'],
  audio_url: ['audio_url', 'audio'],
  video_url: ['video_url', 'video'],
  document_url: ['document_url', 'document'],
};

/** The bytes of base64 in the wide sense of the rule, or undefined. */
function bytesOf(text) {
  if (!isString(text) || text === '') return undefined;
  const digits = text.replace(/[\r\n]/g, '').replace(/={1,2}$/, '');
  return /^[A-Za-z0-9+/_-]+$/.test(digits) && digits.length % 4 !== 1 ? Buffer.from(digits, 'base64') : undefined;
}

/** A media block; undefined where a condition of the rule does not hold. */
export function mediaBlock(type, mediaType, data, ...rest) {
  const bytes = bytesOf(data);
  if (!bytes || (mediaType !== undefined && !isString(mediaType))) return undefined;
  if (rest.some((map) => map.has('media_type'))) return undefined;
  return joined(object(['type', type], ['media_type', mediaType], ['sha256', sha256(bytes)]), ...rest);
}

function fromUrl(type, url, ...rest) {
  const [, mediaType, data] = (isString(url) && DATA_URL.exec(url)) || [];
  return mediaBlock(type, mediaType || undefined, data, ...rest);
}

function fromUrlOrBase64(type, data, ...rest) {
  const isUrl = isString(data) && data.startsWith('data:');
  return isUrl ? fromUrl(type, data, ...rest) : mediaBlock(type, undefined, data, ...rest);
}

function turned(block) {
  const type = block.get('type');
  const rest = (...names) => without(block, 'type', ...names);
  if (type === 'image' || type === 'document') return fromSource(type, block.get('source'), rest('source'));
  if (Object.hasOwn(URL_BLOCKS, type)) {
    const [member, kind] = URL_BLOCKS[type];
    const inner = block.get(member);
    return isObject(inner)
      ? fromUrl(kind, inner.get('url'), rest(member), without(inner, 'url'))
      : fromUrl(kind, inner, rest(member));
  }
  if (type === 'input_audio') return fromAudio(block.get('input_audio'), rest('input_audio'));
  if (type === 'file' && isObject(block.get('file'))) {
    const file = block.get('file');
    return fromUrlOrBase64('document', file.get('file_data'), rest('file'), without(file, 'file_data'));
  }
  if (type === 'input_file') return fromUrlOrBase64('document', block.get('file_data'), rest('file_data'));
  return undefined;
}

function fromSource(type, source, rest) {
  if (!isObject(source) || source.get('type') !== 'base64') return undefined;
  if (without(source, 'type', 'media_type', 'data').size) return undefined;
  return mediaBlock(type, source.get('media_type') ?? undefined, source.get('data'), rest);
}

function fromAudio(audio, rest) {
  if (!isObject(audio)) return mediaBlock('audio', undefined, audio, rest);
  const format = audio.get('format');
  if (!isString(format)) return undefined;
  return mediaBlock('audio', `audio/${format}`, audio.get('data'), rest, without(audio, 'data', 'format'));
}

/** A block with its inline media as a digest. */
export const canonicalMedia = (block) => (isString(block.get('type')) && turned(block)) || block;

/** An item of a message's `images` (Ollama). */
export const canonicalImage = (item) => (isString(item) && mediaBlock('image', undefined, item)) || item;
