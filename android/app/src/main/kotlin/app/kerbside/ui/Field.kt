package app.kerbside.ui

import android.content.Context
import android.text.Editable
import android.text.InputType
import android.text.TextWatcher
import android.view.inputmethod.EditorInfo
import android.widget.EditText
import app.kerbside.R

/** A line to type into. Follows the state without disturbing the person who types. */
internal class Field(context: Context, hint: Int, type: Int = InputType.TYPE_CLASS_TEXT, icon: Int? = null, onTyped: (String) -> Unit) :
    EditText(context) {
    private var following = false

    init {
        style(Type.Body)
        this.hint = context.getString(hint)
        setHintTextColor(context.getColor(R.color.text_soft))
        inputType = type or InputType.TYPE_TEXT_FLAG_NO_SUGGESTIONS.takeIf { type == InputType.TYPE_CLASS_TEXT }.let { it ?: 0 }
        imeOptions = EditorInfo.IME_ACTION_SEARCH or EditorInfo.IME_FLAG_NO_EXTRACT_UI
        isSingleLine = true
        minHeight = dp(52)
        padding(16, 12)
        background = context.rounded(context.getColor(R.color.surface), radius = 26, stroke = context.getColor(R.color.text_soft))
        if (icon != null) {
            setCompoundDrawablesRelativeWithIntrinsicBounds(icon, 0, 0, 0)
            compoundDrawablePadding = dp(10)
            compoundDrawableTintList = android.content.res.ColorStateList.valueOf(context.getColor(R.color.text_soft))
        }
        addTextChangedListener(object : TextWatcher {
            override fun beforeTextChanged(text: CharSequence, start: Int, count: Int, after: Int) = Unit

            override fun onTextChanged(text: CharSequence, start: Int, before: Int, count: Int) = Unit

            override fun afterTextChanged(text: Editable) {
                if (!following) onTyped(text.toString())
            }
        })
    }

    fun follow(text: String) {
        if (this.text.toString() == text) return
        following = true
        setText(text)
        setSelection(text.length)
        following = false
    }
}
