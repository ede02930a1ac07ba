//! A PEFT adapter in memory, every tensor on its layer.

use std::collections::BTreeMap;

use half::{bf16, f16};
use safetensors::{Dtype, SafeTensors, tensor::TensorView};

use super::config::LoraConfig;
use super::coverage::Coverage;
use super::error::LoraError;
use super::module::{Half, Module, split_key};
use crate::pack::header;
use crate::pack::{AdapterFiles, Architecture, Manifest, Part, PrefixMode};
use crate::quant::factor::Factor;
use crate::quant::low_rank::{LowRank, Thin};

/// What an adapter must fit: the base's sizes and name.
#[derive(Debug, Clone)]
pub struct BaseModel {
    /// Sizes, and the prefix mode.
    pub architecture: Architecture,
    /// Name of the base as adapters give it.
    pub id: String,
}

impl From<&Manifest> for BaseModel {
    fn from(manifest: &Manifest) -> Self {
        Self { architecture: manifest.architecture.clone(), id: manifest.base.id.clone() }
    }
}

/// The two factors of one adapted matrix (LoRA, arXiv:2106.09685).
#[derive(Debug, Clone, PartialEq)]
pub struct LoraPair {
    /// `[rank, in]`.
    pub a: Factor,
    /// In blocks, see [`LowRank::b`].
    pub b: Factor,
    /// What the product is multiplied by.
    pub scale: f32,
    /// Rank.
    pub rank: usize,
}

impl LoraPair {
    /// The factors as the kernels take them.
    pub fn low_rank(&self) -> LowRank<'_> {
        let (a, b) = (self.a.numbers(), self.b.numbers());
        LowRank { a, b, scale: self.scale, rank: self.rank }
    }

    /// Length in memory, in bytes.
    pub fn byte_len(&self) -> usize {
        self.a.byte_len() + self.b.byte_len()
    }

    /// Whether the product is other than zero: a matrix that is not zero does not send a vector
    /// without structure to zero.
    fn changes_something(&self) -> bool {
        let (a, b) = (self.a.numbers(), self.b.numbers());
        let inputs = a.len() / self.rank;
        let probe: Vec<f32> = (0..inputs).map(|i| 1.0 + (i as f32 * 0.618_034).fract()).collect();
        let inner = a.rows(inputs).map(|row| row.dot(&probe)).collect();
        let thin = Thin::of(inner, self.low_rank());
        let mut outer = vec![0.0; b.len() / self.rank];
        thin.add(0, 0, &mut outer);
        self.scale != 0.0 && outer.iter().any(|out| *out != 0.0)
    }
}

/// The adapted matrices of one decoder layer.
#[derive(Debug, Clone, Default)]
pub struct LayerLora([Option<LoraPair>; 7]);

/// The adapted matrices of one encoder layer of the vision tower.
#[derive(Debug, Clone, Default)]
pub struct VisionLora([Option<LoraPair>; 6]);

/// One accessor for each matrix, in the order of the names in [`super::module`].
macro_rules! slots {
    ($layer:ident: $($name:ident = $slot:literal $what:literal),*) => {
        impl $layer {
            $(
                #[doc = $what]
                pub fn $name(&self) -> Option<LowRank<'_>> {
                    self.0[$slot].as_ref().map(LoraPair::low_rank)
                }
            )*
        }
    };
}

slots!(LayerLora:
    q = 0 "Queries.", k = 1 "Keys.", v = 2 "Values.", o = 3 "Attention's output.",
    gate = 4 "The MLP's gate.", up = 5 "The MLP's way up.", down = 6 "The MLP's way down.");
slots!(VisionLora:
    q = 0 "Queries.", k = 1 "Keys.", v = 2 "Values.", o = 3 "Attention's output.",
    fc1 = 4 "The MLP's first matrix.", fc2 = 5 "The MLP's second matrix.");

/// An adapter, ready to be handed to the forward pass.
#[derive(Debug, Clone)]
pub struct LoraAdapter {
    id: String,
    sure: Option<f32>,
    sees_photo: bool,
    language: Vec<LayerLora>,
    vision: Vec<VisionLora>,
    projector: Option<LoraPair>,
}

impl LoraAdapter {
    /// Reads an adapter and places every tensor on its layer.
    ///
    /// # Errors
    /// [`LoraError`]: the configuration asks for something else than plain LoRA, the adapter is
    /// for another base or prefix mode, or tensors do not fit, each named with the reason.
    pub fn read(id: &str, files: &AdapterFiles, base: &BaseModel) -> Result<Self, LoraError> {
        let config = LoraConfig::parse(id, &files.config)?;
        check_base(id, &config, files.prefix_mode, base)?;
        header::check(&files.tensors)
            .map_err(|reason| LoraError::Header { id: id.to_owned(), reason })?;
        let tensors = SafeTensors::deserialize(&files.tensors)
            .map_err(|source| LoraError::File { id: id.to_owned(), source })?;
        let (found, mut misfits) = collect(&tensors);
        let coverage = Coverage::new(&config.targets, found.keys());
        let broken = |reason| LoraError::Config { id: id.to_owned(), reason };
        let keys = coverage.unsupported().map_err(broken)?;
        if !keys.is_empty() {
            return Err(LoraError::Unsupported { id: id.to_owned(), keys });
        }
        misfits.extend(coverage.missing(&base.architecture).map_err(broken)?);
        let LoraConfig { sure, sees_photo, .. } = config;
        let mut adapter = Self { sure, sees_photo, ..Self::empty(id, &base.architecture) };
        for (name, halves) in found {
            match halves.join(&name, &config, &base.architecture) {
                Ok((module, pair)) => adapter.place(&name, module, pair, &mut misfits),
                Err(reason) => misfits.push(format!("{name}: {reason}")),
            }
        }
        if tensors.is_empty() {
            misfits.push("the file holds no tensors".into());
        }
        match misfits.is_empty() {
            true => Ok(adapter),
            false => Err(LoraError::Misfits { id: id.to_owned(), misfits }),
        }
    }

    /// Its name.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The probability from which on a value of its structured answers is taken as known, where
    /// whoever trained it chose one: `kerbside.sure` of its configuration.
    pub fn sure(&self) -> Option<f32> {
        self.sure
    }

    /// Whether a photo stands before its prompts; not where it was trained on text alone, as
    /// `kerbside.sees_photo` of its configuration then says.
    pub fn sees_photo(&self) -> bool {
        self.sees_photo
    }

    /// What it adds to decoder layer `layer`.
    ///
    /// # Panics
    /// If the base has no such layer.
    pub fn language(&self, layer: usize) -> &LayerLora {
        &self.language[layer]
    }

    /// What it adds to encoder layer `layer` of the vision tower.
    ///
    /// # Panics
    /// If the base has no such layer.
    pub fn vision(&self, layer: usize) -> &VisionLora {
        &self.vision[layer]
    }

    /// What it adds to the projector.
    pub fn projector(&self) -> Option<LowRank<'_>> {
        self.projector.as_ref().map(LoraPair::low_rank)
    }

    /// Whether image features depend on it: it adapts the tower or the projector.
    pub fn touches_vision(&self) -> bool {
        self.projector.is_some() || self.vision.iter().any(|l| l.0.iter().any(Option::is_some))
    }

    /// Adapted matrices.
    pub fn pairs(&self) -> impl Iterator<Item = &LoraPair> {
        let language = self.language.iter().flat_map(|layer| layer.0.iter());
        let vision = self.vision.iter().flat_map(|layer| layer.0.iter());
        language.chain(vision).flatten().chain(&self.projector)
    }

    /// Length in memory, in bytes.
    pub fn byte_len(&self) -> usize {
        self.pairs().map(LoraPair::byte_len).sum()
    }

    fn empty(id: &str, arch: &Architecture) -> Self {
        Self {
            id: id.to_owned(),
            sure: None,
            sees_photo: true,
            language: vec![LayerLora::default(); arch.text.layers],
            vision: vec![VisionLora::default(); arch.vision.layers],
            projector: None,
        }
    }

    fn place(&mut self, name: &str, module: Module, pair: LoraPair, misfits: &mut Vec<String>) {
        let slot = match module.part {
            Part::Language => &mut self.language[module.layer].0[module.slot],
            Part::Vision => &mut self.vision[module.layer].0[module.slot],
            Part::Projector => &mut self.projector,
        };
        if slot.replace(pair).is_some() {
            misfits.push(format!("{name}: there twice, in two spellings"));
        }
    }
}

fn check_base(
    id: &str,
    config: &LoraConfig,
    listed: Option<PrefixMode>,
    base: &BaseModel,
) -> Result<(), LoraError> {
    if let Some(trained_on) = config.base.as_ref().filter(|name| !same_base(name, &base.id)) {
        let (trained_on, base) = (trained_on.clone(), base.id.clone());
        return Err(LoraError::OtherBase { id: id.to_owned(), trained_on, base });
    }
    let trained_for = config.prefix_mode.or(listed).unwrap_or(PrefixMode::Joint);
    let here = base.architecture.prefix_mode;
    if trained_for != here {
        return Err(LoraError::OtherPrefixMode { id: id.to_owned(), trained_for, here });
    }
    Ok(())
}

/// A base that lost its owner on the way, such as by being downloaded, is still the same base.
fn same_base(one: &str, other: &str) -> bool {
    let model = |name| str::rsplit_once(name, '/').map_or(name, |(_, model)| model);
    one == other || (model(one) == model(other) && (model(one) == one || model(other) == other))
}

/// The tensors of one module, still in the file.
#[derive(Default)]
struct Halves<'a> {
    a: Option<TensorView<'a>>,
    b: Option<TensorView<'a>>,
}

/// Sorts the file's tensors by module, under the names its trainer gave; the rest are misfits.
fn collect<'a>(tensors: &SafeTensors<'a>) -> (BTreeMap<String, Halves<'a>>, Vec<String>) {
    let (mut found, mut misfits) = (BTreeMap::<_, Halves<'a>>::new(), Vec::new());
    for (key, view) in tensors.tensors() {
        let Some((name, half)) = split_key(&key) else {
            misfits.push(format!("{key}: no lora_A or lora_B weight"));
            continue;
        };
        let halves = found.entry(name.to_owned()).or_default();
        let slot = if half == Half::A { &mut halves.a } else { &mut halves.b };
        if slot.replace(view).is_some() {
            misfits.push(format!("{key}: there twice"));
        }
    }
    misfits.sort();
    (found, misfits)
}

impl Halves<'_> {
    /// Checks both halves against the base and the configuration.
    fn join(
        self,
        name: &str,
        config: &LoraConfig,
        arch: &Architecture,
    ) -> Result<(Module, LoraPair), String> {
        let module = Module::parse(name).ok_or("the base has no such matrix")?;
        let (outputs, inputs) = module.shape(arch).ok_or("the base has no such layer")?;
        if !config.targets.includes(name)? {
            return Err("adapter_config.json does not target it".into());
        }
        let rank = config.rank(name)?;
        let pair = LoraPair {
            a: matrix("lora_A", self.a, [rank, inputs])?,
            b: matrix("lora_B", self.b, [outputs, rank])?.blocked(rank),
            scale: config.scale(name)?,
            rank,
        };
        if !pair.changes_something() {
            return Err("changes nothing, it was never trained".into());
        }
        Ok((module, pair))
    }
}

/// One half, row-major.
fn matrix(half: &str, view: Option<TensorView<'_>>, shape: [usize; 2]) -> Result<Factor, String> {
    let view = view.ok_or_else(|| format!("{half} is missing"))?;
    if view.shape() != shape {
        return Err(format!("{half} is {:?}, it should be {shape:?}", view.shape()));
    }
    let bytes = view.data();
    let factor = match view.dtype() {
        Dtype::F32 => finite(bytes, f32::from_le_bytes).map(Factor::F32),
        Dtype::F16 => finite(bytes, f16::from_le_bytes).map(Factor::F16),
        Dtype::BF16 => finite(bytes, bf16::from_le_bytes).map(Factor::Bf16),
        other => return Err(format!("{half} is {other:?}, not F32, F16 or BF16")),
    };
    factor.ok_or_else(|| format!("{half} holds values that are not finite"))
}

/// A tensor's numbers, unless one is not finite.
fn finite<const N: usize, T: Copy + Into<f32>>(
    bytes: &[u8],
    read: fn([u8; N]) -> T,
) -> Option<Vec<T>> {
    let values: Vec<T> = bytes.as_chunks::<N>().0.iter().map(|bytes| read(*bytes)).collect();
    values.iter().all(|value| (*value).into().is_finite()).then_some(values)
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::pack::fixture::sample_manifest;
    use serde_json::{Value, json};

    const O: &str = "base_model.model.model.language_model.layers.1.self_attn.o_proj";
    const FC1: &str = "base_model.model.model.vision_tower.encoder.layers.0.mlp.fc1";

    /// A tensor of the file: key, dtype, shape, bytes.
    type Entry = (String, Dtype, Vec<usize>, Vec<u8>);

    pub(crate) fn base() -> BaseModel {
        BaseModel::from(&sample_manifest())
    }

    fn entry(key: &str, shape: [usize; 2]) -> Entry {
        let values = (0..shape[0] * shape[1]).map(|i| (i as f32 * 0.3).sin());
        (key.to_owned(), Dtype::F32, shape.to_vec(), values.flat_map(f32::to_le_bytes).collect())
    }

    /// Rank 4 on the sample's o (32 ← 32) of layer 1 and fc1 (40 ← 32) of the tower's layer 0.
    fn entries() -> Vec<Entry> {
        vec![
            entry(&format!("{O}.lora_A.weight"), [4, 32]),
            entry(&format!("{O}.lora_B.weight"), [32, 4]),
            entry(&format!("{FC1}.lora_A.weight"), [4, 32]),
            entry(&format!("{FC1}.lora_B.weight"), [40, 4]),
        ]
    }

    pub(crate) fn files(entries: &[Entry]) -> AdapterFiles {
        files_for(entries, &["layers.1.self_attn.o_proj", "layers.0.mlp.fc1"])
    }

    fn files_for(entries: &[Entry], targets: &[&str]) -> AdapterFiles {
        let config =
            json!({"peft_type": "LORA", "r": 4, "lora_alpha": 8, "target_modules": targets});
        let views = entries.iter().map(|(key, dtype, shape, bytes)| {
            (key.as_str(), TensorView::new(*dtype, shape.clone(), bytes).unwrap())
        });
        let tensors = safetensors::serialize(views, None).unwrap();
        AdapterFiles { config: config.to_string().into_bytes(), tensors, prefix_mode: None }
    }

    pub(crate) fn sample_files() -> AdapterFiles {
        files(&entries())
    }

    fn misfit(change: impl FnOnce(&mut Vec<Entry>)) -> String {
        let mut entries = entries();
        change(&mut entries);
        let error = LoraAdapter::read("cut", &files(&entries), &base()).unwrap_err();
        assert!(matches!(error, LoraError::Misfits { .. }), "{error}");
        error.to_string()
    }

    #[test]
    fn every_pair_stands_on_its_layer() {
        let adapter = LoraAdapter::read("cut", &sample_files(), &base()).unwrap();
        let o = adapter.language(1).o().unwrap();
        assert_eq!((o.rank, o.scale, o.a.len(), o.b.len()), (4, 2.0, 4 * 32, 32 * 4));
        assert_eq!(o.a.to_f32()[1], 0.3f32.sin());
        assert!(adapter.vision(0).fc1().is_some() && adapter.touches_vision());
        assert_eq!(adapter.pairs().count(), 2);
        assert!(adapter.language(0).o().is_none() && adapter.language(1).q().is_none());
        assert!(adapter.vision(0).fc2().is_none() && adapter.projector().is_none());
        // The second pair has 40 outputs, which fill two blocks of 32.
        assert_eq!(adapter.byte_len(), 4 * (4 * 64 + 4 * (32 + 64)));
        let language = files_for(&entries()[..2], &["1.self_attn.o_proj"]);
        assert!(!LoraAdapter::read("cut", &language, &base()).unwrap().touches_vision());
    }

    #[test]
    fn half_precision_reads_as_the_same_numbers() {
        let round = |values: &[f32], to: fn(f32) -> [u8; 2]| -> Vec<u8> {
            values.iter().flat_map(|&v| to(v)).collect()
        };
        let (dtypes, values) = ([Dtype::F16, Dtype::BF16], [0.5, -2.0, 0.0, 1.5]);
        let rounds: [fn(f32) -> [u8; 2]; 2] =
            [|v| f16::from_f32(v).to_le_bytes(), |v| bf16::from_f32(v).to_le_bytes()];
        for (dtype, to) in dtypes.into_iter().zip(rounds) {
            let bytes = round(&values, to);
            let view = TensorView::new(dtype, vec![2, 2], &bytes).unwrap();
            let factor = matrix("lora_A", Some(view), [2, 2]).unwrap();
            assert_eq!((factor.to_f32(), factor.byte_len()), (values.to_vec(), 8));
        }
    }

    #[test]
    fn tensors_that_do_not_fit_are_listed() {
        let both = misfit(|e| {
            e[0].0 = O.replace("layers.1", "layers.9") + ".lora_A.weight";
            e[2].0 = FC1.replace("fc1", "fc3") + ".lora_A.weight";
        });
        for reason in ["layers.9", "no such layer", "fc3", "no such matrix", "lora_A is missing"] {
            assert!(both.contains(reason), "{reason}: {both}");
        }
        assert!(misfit(|e| drop(e.remove(1))).contains("lora_B is missing"));
        assert!(misfit(|e| e[0] = entry(&e[0].0, [4, 33])).contains("should be [4, 32]"));
        assert!(misfit(|e| e[0] = entry(&e[0].0, [5, 32])).contains("should be [4, 32]"));
        assert!(misfit(|e| e[0].0 = "lm_head.bias".into()).contains("no lora_A or lora_B"));
        assert!(
            misfit(|e| e[0].0 = e[0].0.replace("o_proj", "q_proj")).contains("does not target")
        );
        assert!(misfit(|e| e.clear()).contains("no tensors"));
        assert!(
            misfit(|e| e[0].3[..4].copy_from_slice(&f32::NAN.to_le_bytes())).contains("finite")
        );
        let twice =
            misfit(|e| e.push(entry(&e[0].0.replace(".weight", ".default.weight"), [4, 32])));
        assert!(twice.contains("there twice"), "{twice}");
        let spelt = misfit(|e| {
            for half in ["A", "B"] {
                let name = O.replace("model.language_model", "language_model.model");
                let shape = if half == "A" { [4, 32] } else { [32, 4] };
                e.push(entry(&format!("{name}.lora_{half}.weight"), shape));
            }
        });
        assert!(spelt.contains("two spellings"), "{spelt}");
    }

    #[test]
    fn targets_without_tensors_are_listed() {
        let missing = misfit(|e| e.truncate(2));
        assert!(missing.contains("layers.0.mlp.fc1: a target without tensors"), "{missing}");
        let wide = files_for(&entries(), &["o_proj", "fc1"]);
        let error = LoraAdapter::read("cut", &wide, &base()).unwrap_err().to_string();
        assert!(error.contains("layers.0.self_attn.o_proj: a target without"), "{error}");
        assert!(!error.contains("layers.1.self_attn.o_proj"), "{error}");
    }

    #[test]
    fn targets_that_are_not_done_here_are_refused_by_name() {
        let targets = ["layers.1.self_attn.o_proj", "layers.0.mlp.fc1", "embed_tokens"];
        let files = files_for(&entries(), &targets);
        let error = LoraAdapter::read("cut", &files, &base()).unwrap_err();
        assert!(matches!(error, LoraError::Unsupported { .. }), "{error}");
        let named = "target module model.language_model.embed_tokens";
        assert!(error.to_string().contains(named), "{error}");
    }

    #[test]
    fn a_pair_that_changes_nothing_is_refused() {
        assert!(misfit(|e| e[1].3.fill(0)).contains("changes nothing"));
        // Neither factor is zero, but their product is.
        let crossed = misfit(|e| {
            let a: Vec<f32> = (0..4 * 32).map(|i| f32::from(u8::from(i < 32))).collect();
            let b: Vec<f32> = (0..32 * 4).map(|i| f32::from(u8::from(i % 4 == 1))).collect();
            e[0].3 = a.into_iter().flat_map(f32::to_le_bytes).collect();
            e[1].3 = b.into_iter().flat_map(f32::to_le_bytes).collect();
        });
        assert!(crossed.contains("changes nothing"), "{crossed}");
    }

    fn refusal(
        change: impl FnOnce(&mut Value, &mut AdapterFiles, &mut BaseModel),
    ) -> Option<String> {
        let (mut files, mut base) = (sample_files(), base());
        let mut config = serde_json::from_slice(&files.config).unwrap();
        change(&mut config, &mut files, &mut base);
        files.config = config.to_string().into_bytes();
        LoraAdapter::read("cut", &files, &base).err().map(|e| e.to_string())
    }

    #[test]
    fn adapters_of_another_base_are_refused() {
        let named = |adapter: &str, pack: &str| {
            refusal(|config, _, base| {
                config["base_model_name_or_path"] = json!(adapter);
                base.id = pack.to_owned();
            })
        };
        let refused = named("google/paligemma-3b-pt-224", "google/paligemma2-3b-pt-224").unwrap();
        assert!(refused.contains("was trained on google/paligemma-3b-pt-224"), "{refused}");
        assert!(named("a/nano", "b/nano").is_some());
        assert_eq!(named("google/nano", "nano"), None);
        assert_eq!(named("/home/x/hf", "nano"), None);
        let own = refusal(|config, _, _| config["kerbside"] = json!({"base": "nano"}));
        assert!(own.unwrap().contains("kerbside/tiny"));
    }

    #[test]
    fn prefix_modes_are_not_mixed() {
        let isolated = PrefixMode::Isolated;
        let silent = refusal(|_, _, base| base.architecture.prefix_mode = isolated);
        assert!(silent.unwrap().contains("trained for the joint prefix, this pack's is isolated"));
        let said = refusal(|config, _, _| config["kerbside"] = json!({"prefix_mode": "isolated"}));
        assert!(said.unwrap().contains("trained for the isolated prefix"));
        let listed = refusal(|_, files, base| {
            files.prefix_mode = Some(isolated);
            base.architecture.prefix_mode = isolated;
        });
        assert_eq!(listed, None);
    }
}
