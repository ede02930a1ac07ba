package app.kerbside.ui

import android.annotation.SuppressLint
import android.content.Context
import android.graphics.Color
import android.view.View
import android.view.ViewGroup
import android.widget.BaseAdapter
import android.widget.LinearLayout
import android.widget.ListView
import android.widget.TextView
import app.kerbside.R
import app.kerbside.api.ItemName

/** Items of a rule pack to choose from: any number of them, views are used again. */
@SuppressLint("ViewConstructor")
internal class ItemList(context: Context, private val onPicked: (ItemName) -> Unit) : ListView(context) {
    private var shown: List<ItemName> = emptyList()
    private val rows = Rows()

    init {
        divider = null
        adapter = rows
        clipToPadding = false
        setPadding(0, 0, 0, dp(24))
        setOnItemClickListener { _, _, position, _ -> onPicked(shown[position]) }
        selector = android.graphics.drawable.ColorDrawable(Color.TRANSPARENT)
    }

    fun show(items: List<ItemName>) {
        if (items == shown) return
        shown = items
        rows.notifyDataSetChanged()
        setSelection(0)
    }

    private inner class Rows : BaseAdapter() {
        override fun getCount() = shown.size

        override fun getItem(position: Int) = shown[position]

        override fun getItemId(position: Int) = position.toLong()

        override fun getView(position: Int, used: View?, parent: ViewGroup): View {
            val row = used as? LinearLayout ?: context.column(2) {
                minimumHeight = dp(TOUCH)
                gravity = android.view.Gravity.CENTER_VERTICAL
                padding(20, 10)
                background = android.graphics.drawable.RippleDrawable(
                    android.content.res.ColorStateList.valueOf(context.getColor(R.color.ripple)), null,
                    android.graphics.drawable.ColorDrawable(Color.WHITE),
                )
                add(context.label(Type.Body))
                add(context.label(Type.Caption))
            }
            val item = shown[position]
            (row.getChildAt(0) as TextView).text = item.name
            (row.getChildAt(1) as TextView).run {
                text = item.word
                shownIf(item.word != null && item.word != item.name)
            }
            return row
        }
    }
}
