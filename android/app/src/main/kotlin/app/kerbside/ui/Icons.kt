package app.kerbside.ui

import app.kerbside.R

/** The pictograms rule packs may name. */
internal object Icons {
    private val streams = mapOf(
        "residual" to R.drawable.ic_residual,
        "organic" to R.drawable.ic_organic,
        "paper" to R.drawable.ic_paper,
        "cardboard" to R.drawable.ic_cardboard,
        "glass" to R.drawable.ic_glass,
        "metal" to R.drawable.ic_metal,
        "plastic" to R.drawable.ic_plastic,
        "pet" to R.drawable.ic_bottle,
        "plastic-bottle" to R.drawable.ic_bottle,
        "packaging" to R.drawable.ic_packaging,
        "recycling" to R.drawable.ic_recycling,
        "textiles" to R.drawable.ic_textiles,
        "electronics" to R.drawable.ic_electronics,
        "battery" to R.drawable.ic_battery,
        "hazardous" to R.drawable.ic_hazardous,
        "bulky" to R.drawable.ic_bulky,
        "deposit" to R.drawable.ic_deposit,
        "lamp" to R.drawable.ic_lamp,
        "oil" to R.drawable.ic_oil,
        "mineral" to R.drawable.ic_mineral,
        "tree" to R.drawable.ic_tree,
        "garden" to R.drawable.ic_tree,
        "christmas-tree" to R.drawable.ic_tree,
        "drop_off" to R.drawable.ic_place,
        "calendar" to R.drawable.ic_schedule,
    )

    val names get() = streams.keys

    fun of(name: String) = streams[name] ?: R.drawable.ic_bin
}
