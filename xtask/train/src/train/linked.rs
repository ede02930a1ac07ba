//! Values computed beside the graph, with their gradient written by hand.
//!
//! candle's fast forms of softmax, norms and rotation have no backward pass: a gradient through
//! them vanishes without a word. Here such a value is computed by the fast form on detached
//! tensors and put into the graph together with the formula of its gradient.

use std::sync::{Mutex, PoisonError};

use candle_core::backend::BackendStorage;
use candle_core::{
    CpuStorage, CudaStorage, CustomOp1, CustomOp2, Layout, MetalStorage, Result, Shape, Storage,
    Tensor, bail,
};

/// `value` as a node that depends on `argument`. `gradient` is given argument, value and the
/// value's gradient, all detached, and answers the argument's gradient.
pub fn linked(
    argument: &Tensor,
    value: Tensor,
    gradient: impl Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor> + Send + Sync + 'static,
) -> Result<Tensor> {
    let value = Mutex::new(Some(value.force_contiguous()?));
    argument.apply_op1(Linked { value, gradient })
}

/// A scalar whose backward pass starts at `node` with the gradient `seed`.
pub fn seeded(node: &Tensor, seed: Tensor) -> Result<Tensor> {
    let scalar = Tensor::zeros((), node.dtype(), node.device())?;
    linked(node, scalar, move |_, _, _| Ok(seed.clone()))
}

/// `x·Wᵀ` for `x: [n, in]` and a frozen `weight: [out, in]`. candle's own product would compute the
/// weight's gradient too, which nobody asks for.
pub fn frozen_product(x: &Tensor, weight: &Tensor) -> Result<Tensor> {
    x.apply_op2(weight, FrozenProduct)
}

struct Linked<F> {
    /// Taken by the forward pass, so that it is not held twice.
    value: Mutex<Option<Tensor>>,
    gradient: F,
}

impl<F> Linked<F> {
    fn take(&self) -> Result<Tensor> {
        let mut value = self.value.lock().unwrap_or_else(PoisonError::into_inner);
        match value.take() {
            Some(value) => Ok(value),
            None => bail!("a linked value is used once"),
        }
    }
}

impl<F: Fn(&Tensor, &Tensor, &Tensor) -> Result<Tensor>> CustomOp1 for Linked<F> {
    fn name(&self) -> &'static str {
        "linked"
    }

    fn cpu_fwd(&self, _: &CpuStorage, _: &Layout) -> Result<(CpuStorage, Shape)> {
        let value = self.take()?;
        match (&*value.storage_and_layout().0, value.layout()) {
            (Storage::Cpu(storage), layout) => {
                Ok((storage.try_clone(layout)?, value.shape().clone()))
            }
            _ => bail!("the value and its argument are on different devices"),
        }
    }

    fn cuda_fwd(&self, _: &CudaStorage, _: &Layout) -> Result<(CudaStorage, Shape)> {
        let value = self.take()?;
        match (&*value.storage_and_layout().0, value.layout()) {
            (Storage::Cuda(storage), layout) => {
                Ok((storage.try_clone(layout)?, value.shape().clone()))
            }
            _ => bail!("the value and its argument are on different devices"),
        }
    }

    fn metal_fwd(&self, _: &MetalStorage, _: &Layout) -> Result<(MetalStorage, Shape)> {
        let value = self.take()?;
        match (&*value.storage_and_layout().0, value.layout()) {
            (Storage::Metal(storage), layout) => {
                Ok((storage.try_clone(layout)?, value.shape().clone()))
            }
            _ => bail!("the value and its argument are on different devices"),
        }
    }

    fn bwd(&self, argument: &Tensor, value: &Tensor, grad: &Tensor) -> Result<Option<Tensor>> {
        (self.gradient)(&argument.detach(), &value.detach(), &grad.detach()).map(Some)
    }
}

struct FrozenProduct;

impl FrozenProduct {
    fn product<S: BackendStorage>(
        (x, x_layout): (&S, &Layout),
        (weight, layout): (&S, &Layout),
    ) -> Result<(S, Shape)> {
        let ((rows, inputs), (outputs, _)) = (x_layout.shape().dims2()?, layout.shape().dims2()?);
        let sizes = (1, rows, outputs, inputs);
        let product = x.matmul(weight, sizes, x_layout, &layout.transpose(0, 1)?)?;
        Ok((product, (rows, outputs).into()))
    }
}

impl CustomOp2 for FrozenProduct {
    fn name(&self) -> &'static str {
        "frozen-product"
    }

    fn cpu_fwd(
        &self,
        x: &CpuStorage,
        x_layout: &Layout,
        weight: &CpuStorage,
        layout: &Layout,
    ) -> Result<(CpuStorage, Shape)> {
        Self::product((x, x_layout), (weight, layout))
    }

    fn cuda_fwd(
        &self,
        x: &CudaStorage,
        x_layout: &Layout,
        weight: &CudaStorage,
        layout: &Layout,
    ) -> Result<(CudaStorage, Shape)> {
        Self::product((x, x_layout), (weight, layout))
    }

    fn metal_fwd(
        &self,
        x: &MetalStorage,
        x_layout: &Layout,
        weight: &MetalStorage,
        layout: &Layout,
    ) -> Result<(MetalStorage, Shape)> {
        Self::product((x, x_layout), (weight, layout))
    }

    fn bwd(
        &self,
        _x: &Tensor,
        weight: &Tensor,
        _product: &Tensor,
        grad: &Tensor,
    ) -> Result<(Option<Tensor>, Option<Tensor>)> {
        Ok((Some(grad.contiguous()?.matmul(weight)?), None))
    }
}
